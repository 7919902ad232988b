import { eventually } from '@origin-stack/testkit/eventually';
import { startTestRedis } from '@origin-stack/testkit/testServers';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { markKeys, openKeyMarks } from '../../infra/keyMarks.ts';
import { createLog } from '../../infra/log.ts';
import { randomIds } from '../../infra/randomIds.ts';
import { connectRedis, type Redis } from '../../infra/redis.ts';
import { systemClock } from '../../infra/systemClock.ts';
import { openTestBed, type TestBed, type TestTenant } from '../../testing/openTestBed.ts';
import { generateApiKey } from './apiKey.ts';
import { type Authenticator, type AuthenticatorDeps, createAuthenticator } from './authenticate.ts';
import { createKey } from './createKey.ts';
import { revokeKey } from './revokeKey.ts';

const log = createLog({ service: 'test', level: 'error' });
let bed: TestBed;
let tenant: TestTenant;
let server: Awaited<ReturnType<typeof startTestRedis>>;
let redis: Redis;
let admin: Awaited<ReturnType<typeof openAdmin>>;
let reads = 0;

const openAdmin = (url: string) => createClient({ url }).connect();

beforeAll(async () => {
  bed = await openTestBed();
  tenant = await bed.newTenant();
  bed.api.on('query', ({ sql }: { sql: string }) => {
    if (sql.includes('find_api_keys')) reads += 1;
  });
});
afterAll(() => bed.close());
beforeEach(async () => {
  server = await startTestRedis();
  redis = connectRedis({ url: server.url, name: 'test', log });
  admin = await openAdmin(server.url);
  await eventually(() => redis.isReady());
});
afterEach(async () => {
  admin.destroy();
  await redis.close();
  await server.stop();
});

const pepper = () => bed.keys.keyring.pepper;
const deps = () => ({ db: bed.owner, clock: systemClock, ids: randomIds, pepper: pepper() });
const newKey = () =>
  createKey(deps(), {
    tenantId: tenant.tenantId,
    name: 'k',
    scopes: ['ingest:write'],
    expiresAt: null,
  });
const revoke = (key: { id: string }) => revokeKey(deps(), { tenantId: tenant.tenantId, keyId: key.id });

const authenticator = (more: Partial<AuthenticatorDeps> = {}) =>
  createAuthenticator({
    db: bed.api,
    pepper: pepper(),
    marks: openKeyMarks(redis, 600),
    nowMs: Date.now,
    ...more,
  });

/** Uses a key until it is answered from memory. */
async function cached(authenticate: Authenticator, keyValue: string): Promise<void> {
  await authenticate(keyValue);
  await authenticate(keyValue);
  reads = 0;
  expect(await authenticate(keyValue)).toHaveProperty('key');
  expect(reads).toBe(0);
}

const send = (...words: string[]) => admin.sendCommand(words);
const REFUSING = [
  {
    state: 'is a read-only replica',
    enter: ['REPLICAOF', '127.0.0.1', '1'],
    leave: ['REPLICAOF', 'NO', 'ONE'],
  },
  {
    state: 'is out of memory',
    enter: ['CONFIG', 'SET', 'maxmemory', '1'],
    leave: ['CONFIG', 'SET', 'maxmemory', '0'],
  },
  {
    state: 'misses its replicas',
    enter: ['CONFIG', 'SET', 'min-replicas-to-write', '1'],
    leave: ['CONFIG', 'SET', 'min-replicas-to-write', '0'],
  },
];
const LOST = { state: 'lost all data', enter: ['FLUSHALL'], leave: ['PING'] };

describe('a key that was used, on a connection that lives on', () => {
  it.each(REFUSING)(
    'is refused without a mark once it is revoked while Redis $state, and stays so',
    async ({ enter, leave }) => {
      const key = await newKey();
      const authenticate = authenticator();
      await cached(authenticate, key.keyValue);
      await send(...enter);
      expect(await authenticate(key.keyValue)).toHaveProperty('key');
      await revoke(key);
      expect(await authenticate(key.keyValue)).toEqual({ refused: 'revoked' });
      await send(...leave);
      expect(await authenticate(key.keyValue)).toEqual({ refused: 'revoked' });
    },
  );

  it.each([LOST, ...REFUSING])(
    'stays revoked when Redis $state after its mark was set',
    async ({ enter, leave }) => {
      const key = await newKey();
      const replicas = [authenticator(), authenticator()];
      for (const authenticate of replicas) await cached(authenticate, key.keyValue);
      await revoke(key);
      await markKeys(redis, [key.prefix], 600);
      expect(await replicas[0]?.(key.keyValue)).toEqual({ refused: 'revoked' });
      await send(...enter);
      for (const authenticate of replicas) {
        expect(await authenticate(key.keyValue)).toEqual({ refused: 'revoked' });
      }
      await send(...leave);
      for (const authenticate of replicas) {
        expect(await authenticate(key.keyValue)).toEqual({ refused: 'revoked' });
      }
    },
  );

  it('stays revoked when its mark was evicted, has expired, or is an older one again', async () => {
    const key = await newKey();
    const name = `app:key-mark:${key.prefix}`;
    const authenticate = authenticator();
    await cached(authenticate, key.keyValue);
    const older = String(await send('GET', name));
    await revoke(key);
    await markKeys(redis, [key.prefix], 600);
    expect(await authenticate(key.keyValue)).toEqual({ refused: 'revoked' });
    await send('SET', name, older);
    expect(await authenticate(key.keyValue)).toEqual({ refused: 'revoked' });
    await send('DEL', name);
    expect(await authenticate(key.keyValue)).toEqual({ refused: 'revoked' });
  });

  it('is cached again, under a fresh mark, after its mark got lost', async () => {
    const key = await newKey();
    const authenticate = authenticator();
    await cached(authenticate, key.keyValue);
    await send('FLUSHALL');
    expect(await authenticate(key.keyValue)).toHaveProperty('key');
    expect(reads).toBe(1);
    await cached(authenticate, key.keyValue);
  });

  it('is not cached again by a read that began before the connection broke', async () => {
    const key = await newKey();
    const marks = openKeyMarks(redis, 600);
    await marks.confirm(key.prefix);
    let readsOfMark = 0;
    const authenticate: Authenticator = authenticator({
      marks: {
        ...marks,
        async read(prefix) {
          const mark = await marks.read(prefix);
          readsOfMark += 1;
          if (readsOfMark === 1) authenticate.forget();
          return mark;
        },
      },
    });
    expect(await authenticate(key.keyValue)).toHaveProperty('key');
    await revoke(key);
    expect(await authenticate(key.keyValue)).toEqual({ refused: 'revoked' });
  });
});

describe('a cached key is read again', () => {
  it.each(['monotonicMs', 'nowMs'] as const)('60 s after its read began, by %s', async (clock) => {
    const key = await newKey();
    let ms = Date.now();
    const authenticate = authenticator({ [clock]: () => ms });
    await authenticate(key.keyValue);
    const beganMs = ms;
    const takesLong = () => {
      ms = beganMs + 30_000;
    };
    bed.api.on('query', takesLong);
    await authenticate(key.keyValue);
    bed.api.removeListener('query', takesLong);
    reads = 0;
    ms = beganMs + 59_999;
    await authenticate(key.keyValue);
    expect(reads).toBe(0);
    ms = beganMs + 60_000;
    await authenticate(key.keyValue);
    expect(reads).toBe(1);
  });
});

it('a key that nobody was given leaves nothing in Redis', async () => {
  const authenticate = authenticator();
  for (let guess = 0; guess < 3; guess += 1) await authenticate(generateApiKey('live').key);
  const revoked = await newKey();
  await revoke(revoked);
  await authenticate(revoked.keyValue);
  // The client itself writes now and then, to see whether it may.
  expect(await send('KEYS', 'app:key-mark:*')).toEqual([]);
});
