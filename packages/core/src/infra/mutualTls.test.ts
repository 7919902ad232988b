import { copyFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@origin-stack/testkit/eventually';
import {
  prepareTemplate,
  roleUrl,
  type TestPostgres,
  templateDatabase,
} from '@origin-stack/testkit/postgres';
import { startTestPostgres, startTestRedis } from '@origin-stack/testkit/testServers';
import { demandPostgresTls } from '@origin-stack/testkit/tls/postgresTls';
import { demandRedisTls } from '@origin-stack/testkit/tls/redisTls';
import { createTestAuthority, type TestAuthority } from '@origin-stack/testkit/tls/testAuthority';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Db } from '../domain/ports.ts';
import { createDatabase, warmUp } from './database.ts';
import type { PostgresServer } from './embedded/postgresServer.ts';
import type { RedisServer } from './embedded/redisServer.ts';
import { createLog } from './log.ts';
import { pendingMigrations } from './migrate.ts';
import { connectRedis, type Redis } from './redis.ts';
import { openTlsIdentity, type TlsIdentity } from './tlsIdentity.ts';

const log = createLog({ service: 'test', level: 'silent' });
let authority: TestAuthority;
let stranger: TestAuthority;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  [authority, stranger] = await Promise.all([createTestAuthority(), createTestAuthority()]);
});
afterAll(() => Promise.all([authority.remove(), stranger.remove()]));
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function identityOf(name: string, of = authority): Promise<TlsIdentity> {
  const { cert, key } = await of.issue(name);
  const paths = {
    TLS_CERT_FILE: cert,
    TLS_KEY_FILE: key,
    TLS_CA_FILE: authority.ca,
    TLS_EXTRA_CA_FILE: undefined,
  };
  const identity = (await openTlsIdentity(paths, { log, lookEveryMs: 20 }))!;
  closing.push(identity.close);
  return identity;
}

async function renew(identity: TlsIdentity, name: string): Promise<void> {
  const before = identity.current();
  await authority.issue(name);
  await eventually(() => identity.current() !== before);
}

describe('PostgreSQL over mutual TLS', () => {
  let server: PostgresServer;
  let postgres: TestPostgres;
  let apiUrl: string;
  let ownerUrl: string;
  beforeAll(async () => {
    server = await startTestPostgres();
    postgres = await prepareTemplate(server.superuserUrl);
    const certificate = await authority.issue('postgres');
    await demandPostgresTls(server.superuserUrl, { role: 'origin_api,origin_owner', certificate });
    const url = new URL(roleUrl(postgres, { role: 'api', database: templateDatabase }));
    url.hostname = 'localhost';
    apiUrl = url.href;
    ownerUrl = roleUrl(postgres, { role: 'owner', database: templateDatabase });
  });
  afterAll(() => server?.stop());

  function open(tls: TlsIdentity | undefined, url = apiUrl): Db {
    const pool = { min: 0, max: 4, acquireTimeoutMs: 4_000, maxLifetimeMs: 600_000, pingAfterIdleMs: 0 };
    const db = createDatabase({ url, applicationName: 'tls-test', ...pool, tls });
    closing.push(() => db.destroy());
    return db;
  }
  const session = async (db: Db) =>
    (await db.raw('select pid, client_serial, ssl from pg_stat_ssl where pid = pg_backend_pid()')).rows[0];

  test('is spoken by who has the certificate of the role', async () => {
    expect(await session(open(await identityOf('origin_api')))).toMatchObject({ ssl: true });
  });

  test('is refused in the clear, without a certificate, and with the certificate of another', async () => {
    await expect(session(open(undefined))).rejects.toThrow();
    await expect(session(open(undefined, `${apiUrl}?sslmode=no-verify`))).rejects.toThrow();
    await expect(session(open(await identityOf('origin_worker')))).rejects.toThrow();
    await expect(session(open(await identityOf('origin_api', stranger)))).rejects.toThrow();
  });

  test('is not spoken to a server of another name, whatever the URL asks for', async () => {
    const certificate = await authority.issue('elsewhere', { hosts: ['DNS:elsewhere', 'DNS:localhost'] });
    await demandPostgresTls(server.superuserUrl, { role: 'origin_api,origin_owner', certificate });
    const byAddress = apiUrl.replace('localhost', '127.0.0.1');
    const identity = await identityOf('origin_api');
    await eventually(() =>
      expect(session(open(identity, `${byAddress}?sslmode=no-verify`))).rejects.toThrow(/altnames/),
    );
    await demandPostgresTls(server.superuserUrl, {
      role: 'origin_api,origin_owner',
      certificate: await authority.issue('postgres'),
    });
    await eventually(() => session(open(identity, byAddress)));
  });

  test('uses a renewed certificate for new connections, and drops none that is in use', async () => {
    const identity = await identityOf('origin_api');
    const db = open(identity);
    await db.transaction(async (tx) => {
      const before = await session(tx as unknown as Db);
      await renew(identity, 'origin_api');
      const next = await session(db);
      expect(next.client_serial).not.toBe(before.client_serial);
      expect(await session(tx as unknown as Db)).toEqual(before);
    });
    const serials = new Set<string>();
    await warmUp(db, 3);
    for (let i = 0; i < 6; i += 1) serials.add((await session(db)).client_serial);
    expect(serials.size).toBeLessThanOrEqual(2);
  });

  test('carries migrations', async () => {
    await expect(pendingMigrations(ownerUrl)).rejects.toThrow();
    expect(await pendingMigrations(ownerUrl, await identityOf('origin_owner'))).toEqual([]);
  });
});

describe('Redis over mutual TLS', () => {
  let server: RedisServer;
  let secure: { url: string; port: number };
  beforeAll(async () => {
    server = await startTestRedis();
    secure = await demandRedisTls(server.url, { certificate: await authority.issue('redis') });
  });
  afterAll(() => server?.stop());

  function open(tls: TlsIdentity | undefined, url = secure.url): Redis {
    const redis = connectRedis({ url, name: 'tls-test', log, tls });
    closing.push(redis.close);
    return redis;
  }

  test('is spoken with a certificate of the authority, and not without or with a foreign one', async () => {
    const redis = open(await identityOf('api'));
    await eventually(() => redis.ping().then(() => true));
    const refused = [open(undefined), open(await identityOf('api', stranger))];
    for (const one of refused) await expect(one.ping()).rejects.toThrow();
  });

  test('is not spoken to a server of another name', async () => {
    const certificate = await authority.issue('far', { hosts: ['DNS:far'] });
    const other = await startTestRedis();
    closing.push(other.stop);
    const redis = open(await identityOf('api'), (await demandRedisTls(other.url, { certificate })).url);
    await expect(eventually(() => redis.ping().then(() => true), { deadlineMs: 500 })).rejects.toThrow();
  });

  test('goes on without a failed command while a certificate is renewed', async () => {
    const identity = await identityOf('api');
    const redis = open(identity);
    await eventually(() => redis.ping().then(() => true));
    let readies = 0;
    redis.onReady(() => {
      readies += 1;
    });
    let isDone = false;
    const load = (async () => {
      for (let i = 0; !isDone; i += 1) {
        await redis.setWithTtl({ key: 'app:x', value: `${i}`, ttlSeconds: 60 });
        // Without a pause it takes the processor from the connection that it waits for.
        await delay(1);
      }
    })();
    const renewal = renew(identity, 'api')
      .then(() => eventually(() => readies === 1))
      .finally(() => {
        isDone = true;
      });
    await Promise.all([renewal, load]);
    expect(redis.isReady()).toBe(true);
  });

  test('keeps the connection that works where the renewed certificate is refused', async () => {
    const identity = await identityOf('api');
    const redis = open(identity);
    await eventually(() => redis.ping().then(() => true));
    const before = identity.current();
    await stranger.issue('api');
    for (const part of ['crt', 'key'])
      await copyFile(`${stranger.dir}/api.${part}`, `${authority.dir}/api.${part}`);
    await eventually(() => identity.current() !== before);
    for (let i = 0; i < 20; i += 1) await redis.ping();
    await renew(identity, 'api');
    await redis.ping();
  });
});
