import { once } from 'node:events';
import http, { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { CreateKeyCommand, type CreateKeyCommandInput, KMSClient } from '@aws-sdk/client-kms';
import { motoAvailable, startMoto } from '@origin-stack/testkit/peers/moto';
import { openbaoAvailable, startOpenbao } from '@origin-stack/testkit/peers/openbao';
import { startVersitygw, versitygwAvailable } from '@origin-stack/testkit/peers/versitygw';
import { createTestAuthority, type TestAuthority } from '@origin-stack/testkit/tls/testAuthority';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createListener } from '../createListener.ts';
import { openAwsKms } from '../keyProviders/awsKms.ts';
import { proveKeyProvider } from '../keyProviders/proveKeyProvider.ts';
import { openVault } from '../keyProviders/vault.ts';
import { isVaultAway } from '../keyProviders/vaultError.ts';
import { createLog } from '../log.ts';
import { isObjectStoreAway } from '../objects/objectStoreError.ts';
import { openS3Objects } from '../objects/s3Objects.ts';
import { systemClock } from '../systemClock.ts';
import { openTlsIdentity, type TlsIdentity } from '../tlsIdentity.ts';
import { openEgressProxy } from './egressProxy.ts';
import { startProxy, type TestProxyOptions } from './test/startProxy.ts';
import { viaProxy } from './viaProxy.ts';

const installTimeoutMs = 15 * 60_000;
const log = createLog({ service: 'test', level: 'silent' });
const HOSTS = ['DNS:localhost', 'IP:127.0.0.1', 'DNS:far.example.org'];
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

let authority: TestAuthority;
beforeAll(async () => {
  const plain = await createTestAuthority();
  authority = { ...plain, issue: (name) => plain.issue(name, { hosts: HOSTS }) };
});
afterAll(() => authority.remove());

async function identityOf(name: string): Promise<TlsIdentity> {
  const { cert, key } = await authority.issue(name);
  const files = { TLS_CA_FILE: authority.ca, TLS_CERT_FILE: cert, TLS_KEY_FILE: key };
  const identity = (await openTlsIdentity({ ...files, TLS_EXTRA_CA_FILE: undefined }, { log }))!;
  closers.push(() => identity.close());
  return identity;
}

/** A proxy for which far.example.org is this machine. */
async function proxyOf(options: TestProxyOptions = {}) {
  const at = (target: string) => ({ host: '127.0.0.1', port: Number(target.split(':').at(-1)) });
  const proxy = await startProxy({ at, credentials: 'origin:p4ss-of-nobody', ...options });
  closers.push(proxy.stop);
  return proxy;
}
const openAt = (url: string) => openEgressProxy({ EGRESS_PROXY_URL: url, EGRESS_NO_PROXY: [] });
const far = (url: string) => url.replace('127.0.0.1', 'far.example.org');
const s3Options = {
  region: 'us-east-1',
  bucket: 'evidence',
  accessKey: 'access-key',
  secretKey: 'secret-of-nobody',
  timeoutMs: 5_000,
  clock: systemClock,
};

test('a connection through the proxy is used again', async () => {
  const server = createServer((_, response) => response.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const proxy = await proxyOf();
  const way = { proxy: openAt(proxy.url), timeoutMs: 5_000 };
  const agent = viaProxy(new http.Agent({ keepAlive: true }), way);
  for (let i = 0; i < 3; i += 1) {
    const [response] = await once(http.get({ host: 'far.example.org', port, agent }), 'response');
    response.resume();
    await once(agent, 'free');
  }
  expect(proxy.asked).toHaveLength(1);
  agent.destroy();
});

describe('S3 through the proxy', () => {
  const versitygw = versitygwAvailable();

  test.skipIf(!versitygw.ok)(
    'keeps objects',
    async () => {
      const peer = await startVersitygw();
      closers.push(peer.stop);
      const proxy = await proxyOf();
      const endpoint = far(peer.url);
      const { accessKey, secretKey } = peer;
      const options = { ...s3Options, endpoint, publicUrl: endpoint, accessKey, secretKey };
      const store = openS3Objects({ ...options, proxy: openAt(proxy.url) });
      await store.ensureBucket();
      await store.put({ key: 'a', bytes: Buffer.alloc(200_000, 'x'), contentType: 'text/plain' });
      expect((await store.get('a')).length).toBe(200_000);
      const targets = proxy.asked.map(({ target }) => target);
      expect(new Set(targets)).toEqual(new Set([endpoint.replace('http://', '')]));
    },
    installTimeoutMs,
  );

  test('shows its own certificate to the store and verifies the name of the store, inside the tunnel', async () => {
    const seen: string[] = [];
    const server = createListener({ tls: await identityOf('s3-guard'), log }, (request, response) => {
      seen.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN));
      response.end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const proxy = await proxyOf();
    const tls = await identityOf('origin_api');
    const storeAt = (host: string) => {
      const endpoint = `https://${host}:${port}`;
      return openS3Objects({ ...s3Options, endpoint, publicUrl: endpoint, tls, proxy: openAt(proxy.url) });
    };
    await storeAt('far.example.org').check();
    expect(seen).toEqual(['origin_api']);
    await expect(storeAt('other.example.org').check()).rejects.toThrow('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(proxy.asked.map(({ target }) => target)).toEqual([
      `far.example.org:${port}`,
      `other.example.org:${port}`,
    ]);
    await storeAt('localhost').check();
    expect(proxy.asked).toHaveLength(2);
  });

  test.each([
    ['down', 'EPROXYAWAY'],
    [407, 'EPROXYAUTH'],
    [403, 'EPROXYDENIED'],
    [503, 'EPROXYGATEWAY'],
    ['close', 'EPROXYAWAY'],
    ['silent', 'EPROXYAWAY'],
  ] as const)('is away where the proxy is: %s', async (behaviour, said) => {
    const proxy = await proxyOf({ behave: () => (behaviour === 'down' ? 'close' : behaviour) });
    if (behaviour === 'down') await closers.pop()?.();
    const endpoint = 'https://far.example.org';
    const options = { ...s3Options, endpoint, publicUrl: endpoint, timeoutMs: 400 };
    const begunMs = performance.now();
    const error = await openS3Objects({ ...options, proxy: openAt(proxy.url) })
      .check()
      .catch((thrown) => thrown);
    expect(performance.now() - begunMs).toBeLessThan(2_000);
    expect(isObjectStoreAway(error)).toBe(true);
    expect(error.message).toContain(said);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('p4ss');
  });
});

describe('keys through the proxy', () => {
  const openbao = openbaoAvailable();
  const moto = motoAvailable();

  test.skipIf(!openbao.ok)(
    'work in Vault, under our own certificate',
    async () => {
      const peer = await startOpenbao(authority);
      closers.push(peer.stop);
      const proxy = await proxyOf();
      const options = {
        mount: 'transit',
        signingKeyId: 'origin-signing',
        wrappingKeyId: 'origin-wrapping',
        pepperKeyId: 'origin-pepper',
        address: far(peer.url),
        roleId: 'origin-api',
        secretId: peer.secretIds['origin-api'],
        timeoutMs: 5_000,
        tls: await identityOf('origin_api'),
      };
      await proveKeyProvider(await openVault({ ...options, proxy: openAt(proxy.url) }));
      const target = far(peer.url).replace('https://', '');
      expect(new Set(proxy.asked.map((one) => one.target))).toEqual(new Set([target]));
      await closers.splice(closers.indexOf(proxy.stop), 1)[0]?.();
      const away = await openVault({ ...options, proxy: openAt(proxy.url) }).catch((error) => error);
      expect(away).toMatchObject({ code: 'EPROXYAWAY' });
      expect(isVaultAway(away)).toBe(true);
    },
    installTimeoutMs,
  );

  test.skipIf(!moto.ok)(
    'work in AWS KMS',
    async () => {
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDOFNOBODY');
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret-of-nobody');
      closers.push(() => vi.unstubAllEnvs());
      const peer = await startMoto({ asAws: true });
      closers.push(peer.stop);
      const proxy = await proxyOf();
      const direct = new KMSClient({ region: 'eu-central-1', endpoint: peer.url });
      const make = async (input: CreateKeyCommandInput) =>
        (await direct.send(new CreateKeyCommand(input))).KeyMetadata!.KeyId!;
      const provider = await openAwsKms({
        region: 'eu-central-1',
        endpoint: far(peer.url),
        signingKeyId: await make({ KeySpec: 'RSA_3072', KeyUsage: 'SIGN_VERIFY' }),
        wrappingKeyId: await make({}),
        pepperKeyId: await make({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
        timeoutMs: 20_000,
        proxy: openAt(proxy.url),
      });
      await proveKeyProvider(provider);
      const target = far(peer.url).replace('http://', '');
      expect(new Set(proxy.asked.map((one) => one.target))).toEqual(new Set([target]));
    },
    installTimeoutMs,
  );

  test('in AWS KMS, at the public endpoint, ask the proxy for it', async () => {
    const proxy = await proxyOf({ behave: () => 403 });
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDOFNOBODY');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret-of-nobody');
    closers.push(() => vi.unstubAllEnvs());
    const ids = { signingKeyId: 'a', wrappingKeyId: 'b', pepperKeyId: 'c' };
    const options = { ...ids, region: 'eu-central-1', timeoutMs: 5_000, proxy: openAt(proxy.url) };
    await expect(openAwsKms(options)).rejects.toMatchObject({ code: 'EPROXYDENIED', status: 0 });
    expect(proxy.asked[0]?.target).toBe('kms.eu-central-1.amazonaws.com:443');
  });
});
