import { networkInterfaces } from 'node:os';
import { CreateKeyCommand, type CreateKeyCommandInput, KMSClient } from '@aws-sdk/client-kms';
import { createTestDatabase, type TestDatabase } from '@origin-stack/testkit/database';
import { eventually } from '@origin-stack/testkit/eventually';
import { motoAvailable, startMoto } from '@origin-stack/testkit/peers/moto';
import { openbaoAvailable, startOpenbao } from '@origin-stack/testkit/peers/openbao';
import { startVersitygw, versitygwAvailable } from '@origin-stack/testkit/peers/versitygw';
import { prepareTemplate, roleUrl, templateDatabase } from '@origin-stack/testkit/postgres';
import { testRedisUrl } from '@origin-stack/testkit/redis';
import { startTestPostgres, startTestRedis } from '@origin-stack/testkit/testServers';
import { demandPostgresTls } from '@origin-stack/testkit/tls/postgresTls';
import { demandRedisTls } from '@origin-stack/testkit/tls/redisTls';
import { createTestAuthority, type TestAuthority } from '@origin-stack/testkit/tls/testAuthority';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { startProxy } from '../testing/startProxy.ts';
import { createDatabase } from './database.ts';
import { openEgressProxy } from './egressProxy/egressProxy.ts';
import { startProxy as startEgressProxy } from './egressProxy/test/startProxy.ts';
import { openAwsKms } from './keyProviders/awsKms.ts';
import { proveKeyProvider } from './keyProviders/proveKeyProvider.ts';
import { openVault } from './keyProviders/vault.ts';
import { createLog } from './log.ts';
import { migrate } from './migrate.ts';
import { openS3Objects } from './objects/s3Objects.ts';
import { connectRedis } from './redis.ts';
import { systemClock } from './systemClock.ts';
import { openTlsIdentity, type TlsIdentity } from './tlsIdentity.ts';

const installTimeoutMs = 15 * 60_000;
const log = createLog({ service: 'test', level: 'silent' });
/** A container may have no IPv6 at all. */
const hasIpv6 = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .some(({ address }) => address === '::1');
const peers = {
  moto: motoAvailable().ok,
  openbao: openbaoAvailable().ok,
  versitygw: versitygwAvailable().ok,
};

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** The URL's server at `[::1]`, on real sockets of IPv6. */
async function at6(url: string): Promise<string> {
  const proxy = await startProxy(url, '::1');
  closers.push(proxy.stop);
  expect(proxy.url).toMatch(/\/\/([^@/]*@)?\[::1\]:[0-9]+/);
  return proxy.url;
}

function open(url: string, tls?: TlsIdentity) {
  const pool = { min: 0, max: 2, acquireTimeoutMs: 10_000, maxLifetimeMs: 600_000 };
  const db = createDatabase({ url, applicationName: 'ipv6-test', ...pool, tls });
  closers.push(() => db.destroy());
  return db;
}

function openRedis(url: string, tls?: TlsIdentity) {
  const redis = connectRedis({ url, name: 'ipv6-test', log, tls });
  closers.push(redis.close);
  return redis;
}

describe.skipIf(!hasIpv6)('over IPv6, with the brackets of a URL around the address', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  test('PostgreSQL serves queries and migrations', async () => {
    expect((await open(await at6(database.apiUrl)).raw('select 1 as one')).rows).toEqual([{ one: 1 }]);
    const elsewhere = new URL(await at6(database.apiUrl));
    elsewhere.searchParams.set('host', '[::1]');
    elsewhere.hostname = 'nowhere.invalid';
    expect((await open(elsewhere.href).raw('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect(await migrate(await at6(database.ownerUrl))).toEqual([]);
  });

  test('Redis serves commands', async () => {
    const redis = openRedis(await at6(await testRedisUrl()));
    await eventually(() => redis.isReady());
    await redis.ping();
  });

  describe('and mutual TLS', () => {
    let authority: TestAuthority;
    let identity: TlsIdentity;
    beforeAll(async () => {
      const plain = await createTestAuthority();
      const hosts = ['DNS:localhost', 'IP:127.0.0.1', 'IP:::1'];
      authority = { ...plain, issue: (name) => plain.issue(name, { hosts }) };
      const { cert, key } = await authority.issue('origin_api');
      const files = { TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_CA_FILE: authority.ca };
      identity = (await openTlsIdentity({ ...files, TLS_EXTRA_CA_FILE: undefined }, { log }))!;
    });
    afterAll(async () => {
      identity?.close();
      await authority?.remove();
    });

    test('PostgreSQL proves its address', async () => {
      const server = await startTestPostgres();
      closers.push(server.stop);
      const template = await prepareTemplate(server.superuserUrl);
      const certificate = await authority.issue('postgres');
      await demandPostgresTls(server.superuserUrl, { role: 'origin_api', certificate });
      const url = await at6(roleUrl(template, { role: 'api', database: templateDatabase }));
      const sql = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';
      await eventually(async () =>
        expect((await open(url, identity).raw(sql)).rows).toEqual([{ ssl: true }]),
      );
    });

    test('Redis proves its address', async () => {
      const server = await startTestRedis();
      closers.push(server.stop);
      const secure = await demandRedisTls(server.url, { certificate: await authority.issue('redis') });
      const redis = openRedis(await at6(secure.url), identity);
      await eventually(() => redis.isReady());
      await redis.ping();
    });

    test.skipIf(!peers.openbao)(
      'Vault signs, wraps and derives',
      async () => {
        const vault = await startOpenbao(authority);
        closers.push(vault.stop);
        const provider = await openVault({
          address: await at6(vault.url),
          roleId: 'origin-api',
          secretId: vault.secretIds['origin-api'],
          mount: 'transit',
          signingKeyId: 'origin-signing',
          wrappingKeyId: 'origin-wrapping',
          pepperKeyId: 'origin-pepper',
          timeoutMs: 20_000,
          tls: identity,
        });
        await proveKeyProvider(provider);
      },
      installTimeoutMs,
    );
  });

  test.skipIf(!peers.versitygw)(
    'S3 keeps objects, and gives them to whoever has the URL',
    async () => {
      const peer = await startVersitygw();
      closers.push(peer.stop);
      const endpoint = await at6(peer.url);
      const { accessKey, secretKey } = peer;
      const place = { endpoint, publicUrl: endpoint, region: 'us-east-1', bucket: 'evidence' };
      const store = openS3Objects({ ...place, accessKey, secretKey, timeoutMs: 10_000, clock: systemClock });
      await store.ensureBucket();
      await store.put({ key: 'a/b', bytes: Buffer.from('kept'), contentType: 'text/plain' });
      const url = await store.presign({ key: 'a/b', fileName: 'b.txt', ttlSeconds: 60 });
      expect(url.startsWith(`${endpoint.replace(/\/$/, '')}/evidence/a/b?`)).toBe(true);
      expect(await (await fetch(url)).text()).toBe('kept');
    },
    installTimeoutMs,
  );

  test.skipIf(!peers.moto)(
    'AWS KMS signs, wraps and derives',
    async () => {
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDOFNOBODY');
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret-of-nobody');
      closers.push(() => vi.unstubAllEnvs());
      const peer = await startMoto({ asAws: true });
      closers.push(peer.stop);
      const direct = new KMSClient({ region: 'eu-central-1', endpoint: peer.url });
      const make = async (input: CreateKeyCommandInput) =>
        (await direct.send(new CreateKeyCommand(input))).KeyMetadata!.KeyId!;
      const provider = await openAwsKms({
        region: 'eu-central-1',
        endpoint: await at6(peer.url),
        signingKeyId: await make({ KeySpec: 'RSA_3072', KeyUsage: 'SIGN_VERIFY' }),
        wrappingKeyId: await make({}),
        pepperKeyId: await make({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
        timeoutMs: 20_000,
      });
      await proveKeyProvider(provider);
    },
    installTimeoutMs,
  );

  test('an egress proxy makes connections', async () => {
    const egress = await startEgressProxy({
      at: () => ({ host: '127.0.0.1', port: Number(new URL(database.apiUrl).port) }),
    });
    closers.push(egress.stop);
    const proxy = openEgressProxy({ EGRESS_PROXY_URL: await at6(egress.url), EGRESS_NO_PROXY: [] })!;
    const socket = await proxy.connect({ host: '2001:db8::1', port: 443 }, AbortSignal.timeout(5_000));
    socket.destroy();
    expect(egress.asked.map(({ target }) => target)).toEqual(['[2001:db8::1]:443']);
  });
});

test('a presigned URL at the port of its scheme keeps the brackets of an IPv6 address', async () => {
  for (const scheme of ['http', 'https']) {
    const endpoint = `${scheme}://[2001:db8::1]`;
    const place = { endpoint, publicUrl: endpoint, region: 'us-east-1', bucket: 'evidence' };
    const keys = { accessKey: 'key-of-nobody', secretKey: 'secret-of-nobody' };
    const store = openS3Objects({ ...place, ...keys, timeoutMs: 1_000, clock: systemClock });
    const url = await store.presign({ key: 'a/b', fileName: 'b.txt', ttlSeconds: 60 });
    expect(new URL(url).host).toBe('[2001:db8::1]');
  }
});
