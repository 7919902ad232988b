import { createTestDatabase, type TestDatabase } from '@origin-stack/testkit/database';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Db } from '../domain/ports.ts';
import { startProxy } from '../testing/startProxy.ts';
import { createDatabase, type PoolOptions, poolState, warmUp } from './database.ts';
import { createMetrics } from './metrics.ts';
import { watchPool } from './watchPool.ts';
import { withDeadline } from './withDeadline.ts';

let database: TestDatabase;
const opened: Db[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const db of opened.splice(0)) await db.destroy();
});
afterAll(() => database.drop());

function open(more: Partial<PoolOptions> = {}): Db {
  const kept = {
    applicationName: 'pool-test',
    min: 0,
    max: 4,
    acquireTimeoutMs: 5_000,
    maxLifetimeMs: 600_000,
  };
  const db = createDatabase({ url: database.apiUrl, ...kept, ...more });
  opened.push(db);
  return db;
}
const pidOf = async (db: Db): Promise<number> => (await db.raw('select pg_backend_pid() as pid')).rows[0].pid;
const kill = async (pid: number) => {
  await open({ url: database.superuserUrl }).raw('select pg_terminate_backend(?)', [pid]);
};

describe('the pool', () => {
  it('lets 80 requests at once through 50 connections, each with its own answer', async () => {
    const db = open({ max: 50, acquireTimeoutMs: 30_000 });
    const gate = await open({ max: 1 }).transaction();
    await gate.raw('select pg_advisory_xact_lock(1)');
    const replies = Promise.all(
      Array.from({ length: 80 }, async (_, n) => {
        const { rows } = await db.raw('select ?::int as n, pg_advisory_xact_lock_shared(1)', [n]);
        return rows[0].n;
      }),
    );
    await eventually(() => expect(poolState(db, 20)).toMatchObject({ checkedOut: 50, waiting: 30 }), {
      deadlineMs: 15_000,
    });
    expect(poolState(db, 20)).toMatchObject({ size: 50, overflow: 30 });
    await gate.rollback();
    expect(await replies).toEqual(Array.from({ length: 80 }, (_, n) => n));
    expect(poolState(db, 20)).toMatchObject({ size: 50, checkedOut: 0, waiting: 0 });
  });

  it('gives up on a connection after its acquire timeout with an error that says so', async () => {
    const db = open({ max: 1, acquireTimeoutMs: 200 });
    // On a busy host the first connection may take longer to open than is waited for it here.
    await eventually(() => pidOf(db));
    const holder = await db.transaction();
    const startMs = performance.now();
    const error = await db.raw('select 1').then(
      () => undefined,
      (refusal: Error) => refusal,
    );
    expect(error?.name).toBe('KnexTimeoutError');
    expect(performance.now() - startMs).toBeLessThan(3_000);
    await holder.rollback();
    expect(await pidOf(db)).toBeGreaterThan(0);
  });

  it('opens what is kept before the first request, and no more', async () => {
    const db = open({ min: 3 });
    expect(poolState(db, 3).size).toBe(0);
    await warmUp(db, 3);
    expect(poolState(db, 3)).toEqual({ size: 3, checkedOut: 0, overflow: 0, waiting: 0 });
  });

  it('rejects the warm-up where the database is away', async () => {
    const db = open({ url: 'postgres://nobody:x@127.0.0.1:1/none', acquireTimeoutMs: 500 });
    await expect(warmUp(db, 2)).rejects.toThrow();
  });

  it('ends after a warm-up of which a part failed', async () => {
    const db = open({ max: 2, acquireTimeoutMs: 300 });
    await expect(warmUp(db, 4)).rejects.toThrow();
    // With a connection that nobody gives back this would wait for ever.
    await withDeadline(db.destroy(), 'the end of the pool', 3_000);
  });

  it('gives out last what was given back first, so that what is not needed grows old', async () => {
    const db = open();
    const [first, second] = await Promise.all([db.transaction(), db.transaction()]);
    const pid = (await second!.raw('select pg_backend_pid() as pid')).rows[0].pid;
    await first!.rollback();
    await second!.rollback();
    for (let round = 0; round < 5; round += 1) expect(await pidOf(db)).toBe(pid);
  });

  it('replaces a connection at the end of its life', async () => {
    const db = open({ maxLifetimeMs: 300 });
    const pid = await pidOf(db);
    await eventually(async () => (await pidOf(db)) !== pid, { deadlineMs: 5_000 });
  });

  it('notices a backend that was killed: the next request gets another', async () => {
    const db = open();
    const pid = await pidOf(db);
    await kill(pid);
    await eventually(async () => {
      const { rows } = await open().raw('select 1 from pg_stat_activity where pid = ?', [pid]);
      return rows.length === 0;
    });
    const next = await eventually(() => pidOf(db));
    expect(next).not.toBe(pid);
  });

  it('does not hang on a connection into a black hole: it is asked first, with a deadline, and replaced', async () => {
    const proxy = await startProxy(database.apiUrl);
    const db = open({ url: proxy.url, max: 1, acquireTimeoutMs: 15_000, pingAfterIdleMs: 0 });
    const pid = await pidOf(db);
    expect(await pidOf(db)).toBe(pid);
    proxy.swallow();
    const startMs = performance.now();
    expect(await pidOf(db)).not.toBe(pid);
    const tookMs = performance.now() - startMs;
    expect(tookMs).toBeGreaterThan(900);
    expect(tookMs).toBeLessThan(6_000);
    await proxy.stop();
  });

  it('keeps microseconds and safe integers, and refuses a bigint that would be rounded', async () => {
    const db = open();
    const { rows } = await db.raw(
      "select '2026-02-03 04:05:06.123457+02'::timestamptz as a, '2026-02-03 04:05:06+00'::timestamptz as b, 9007199254740991::bigint as c",
    );
    expect(rows[0]).toEqual({
      a: '2026-02-03T02:05:06.123457Z',
      b: '2026-02-03T04:05:06.000000Z',
      c: 2 ** 53 - 1,
    });
    await expect(db.raw('select 9007199254740993::bigint as c')).rejects.toThrow(RangeError);
  });

  it.each([
    ['UTC', '2026-02-03T04:05:06.120000Z'],
    ['Asia/Kathmandu', '2026-02-03T04:05:06.120000Z'],
    ['America/St_Johns', '2026-02-03T04:05:06.120000Z'],
  ])('reads the same moment whatever zone it is told in (%s)', async (zone, moment) => {
    const db = open({ max: 1 });
    await db.raw(`set timezone = '${zone}'`);
    const { rows } = await db.raw(
      "select '2026-02-03 04:05:06.12+00'::timestamptz as a, '1883-01-01 00:00:00+00'::timestamptz as old, null::timestamptz as none",
    );
    // Before the zones were made, the offsets of towns had seconds.
    expect(rows[0]).toEqual({ a: moment, old: '1883-01-01T00:00:00.000000Z', none: null });
  });

  it('refuses a moment that it would have to guess', async () => {
    const db = open({ max: 1 });
    await expect(db.raw("select 'infinity'::timestamptz as a")).rejects.toThrow(RangeError);
    await db.raw("set datestyle = 'German'");
    await expect(db.raw('select now() as a')).rejects.toThrow(/date style ISO/);
  });

  it('limits statements, locks and idle transactions in every session', async () => {
    const db = open();
    const settings = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'timezone'];
    const values = await Promise.all(settings.map(async (name) => (await db.raw(`show ${name}`)).rows[0]));
    expect(values.map((row) => Object.values(row)[0])).toEqual(['30s', '20s', '1min', 'UTC']);
  });

  it('tells how long each query took, in a transaction or not, also one that failed', async () => {
    const seconds: number[] = [];
    const db = open({ onQueryEnd: (took) => seconds.push(took) });
    const startMs = performance.now();
    await db.raw('select pg_sleep(0.2)');
    expect(seconds).toHaveLength(1);
    const failing = "do $$ begin perform pg_sleep(0.2); raise exception 'refused'; end $$";
    await expect(db.raw(failing)).rejects.toThrow('refused');
    await db.transaction((trx) => trx.raw('select pg_sleep(0.2)'));
    const elapsedSeconds = (performance.now() - startMs) / 1_000;
    // What begins and ends the transaction are queries too.
    expect(seconds).toHaveLength(5);
    const [alone = 0, failed = 0, , inTransaction = 0] = seconds;
    for (const took of [alone, failed, inTransaction]) expect(took).toBeGreaterThanOrEqual(0.19);
    expect(seconds.reduce((sum, took) => sum + took)).toBeLessThanOrEqual(elapsedSeconds);
  }, 30_000);

  it('shows its connections as gauges', async () => {
    const db = open({ min: 1 });
    const metrics = createMetrics('test');
    const redis = { isReady: () => true, refusal: () => undefined };
    watchPool(metrics, { db, redis, min: 1, max: 7 });
    const holders = await Promise.all([db.transaction(), db.transaction()]);
    const text = await metrics.scrape();
    for (const [state, value] of Object.entries({ open: 2, in_use: 2, overflow: 1, waiting: 0 })) {
      expect(text).toMatch(
        new RegExp(`database_pool_connections\\{state="${state}",service="test"\\} ${value}\n`),
      );
    }
    expect(text).toMatch(/^database_pool_max_connections\{service="test"\} 7$/m);
    for (const holder of holders) await holder.rollback();
    expect(await metrics.scrape()).toMatch(/state="in_use",service="test"\} 0\n/);
  });
});
