import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '@origin-stack/testkit/database';
import { testRedisUrl } from '@origin-stack/testkit/redis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSettings } from '../config/readSettings.ts';
import { readJwks } from '../domain/certificates/signingKeyStore.ts';
import { openTestKeys, type TestKeys } from '../testing/openTestKeys.ts';
import { openCore } from './openCore.ts';

let database: TestDatabase;
let keys: TestKeys;
let env: Record<string, string>;
beforeAll(async () => {
  database = await createTestDatabase();
  keys = await openTestKeys();
  env = {
    ENVIRONMENT: 'test',
    LOG_LEVEL: 'error',
    DATABASE_URL: database.apiUrl,
    DATABASE_POOL_MIN: '3',
    DATABASE_POOL_MAX: '6',
    DATABASE_ACQUIRE_TIMEOUT_MS: '2000',
    REDIS_URL: await testRedisUrl(),
    SIGNING_KEY_PROVIDER: 'local',
    SIGNING_KEY_ID: 'test',
    SIGNING_KEY_PATH: keys.path,
    LOCAL_ENCRYPTION_SALT: keys.salt,
    OBJECTS_PATH: await mkdtemp(join(tmpdir(), 'origin-test-objects-')),
  };
});
afterAll(async () => {
  await keys.remove();
  await rm(env.OBJECTS_PATH!, { recursive: true });
  // Fails where a refused start left a connection open.
  await database.drop();
});

const open = (more: Record<string, string> = {}) => openCore('api', readSettings({ ...env, ...more }));

it('opens all that a process needs, publishes its key before the first use, and closes it again', async () => {
  const core = await open();
  expect((await readJwks(core.db)).keys.map((key) => key.kid)).toEqual([core.keys.signingKey.kid]);
  expect(core.db.client.pool.numFree()).toBe(3);
  await core.objects.check();
  await core.close();
});

it('starts again on its own database, and on no other keys: it says which file to put back', async () => {
  const again = await open();
  await again.close();
  const other = await openTestKeys();
  await expect(open({ SIGNING_KEY_PATH: other.path, LOCAL_ENCRYPTION_SALT: other.salt })).rejects.toThrow(
    /put back the key files/,
  );
  await expect(open({ LOCAL_ENCRYPTION_SALT: 'f'.repeat(40) })).rejects.toThrow(/fingerprint/);
  await other.remove();
});

it('does not start without its database or its key, and leaves nothing open', async () => {
  await expect(open({ DATABASE_URL: 'postgres://a:b@127.0.0.1:1/none' })).rejects.toThrow();
  await expect(open({ SIGNING_KEY_ID: 'nothing' })).rejects.toThrow(/nothing/);
});

it('has what alerts look at in its metrics before the first event', async () => {
  const core = await open();
  await core.db.raw('select 1');
  const metrics = await core.metrics.scrape();
  expect(metrics).toMatch(/^database_pool_max_connections\{service="api"\} 6$/m);
  expect(metrics).toMatch(/^redis_connection_failures_total\{service="api"\} 0$/m);
  expect(metrics).toMatch(/^breaker_transitions_total\{(?=.*breaker="redis")(?=.*to="half_open").*\} 0$/m);
  expect(metrics).toMatch(/^database_query_duration_seconds_count\{service="api"\} [1-9]\d*$/m);
  await core.close();
});

it('starts without Redis, which may come later, and shows in its metrics that it is away', async () => {
  const core = await open({ REDIS_URL: 'redis://127.0.0.1:1' });
  expect(core.redis.isReady()).toBe(false);
  for (let i = 0; i < 5; i += 1) await expect(core.redis.ping()).rejects.toThrow();
  await expect(core.redis.ping()).rejects.toMatchObject({ name: 'BreakerOpenError' });
  const metrics = await core.metrics.scrape();
  expect(metrics).toMatch(/^breaker_state\{(?=.*breaker="redis").*\} 2$/m);
  expect(metrics).toMatch(/^redis_connection_failures_total\{.*\} [1-9]\d*$/m);
  await core.close();
});
