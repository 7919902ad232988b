import type { PostgresServer } from '@origin-stack/core/infra/embedded/postgresServer';
import { eventually } from '@origin-stack/testkit/eventually';
import { startTestStandby } from '@origin-stack/testkit/standby';
import { startTestPostgres } from '@origin-stack/testkit/testServers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Db } from '../domain/ports.ts';
import { startProxy } from '../testing/startProxy.ts';
import { createDatabase, poolState, requireWritable, warmUp } from './database.ts';
import { ReadOnlyError } from './databaseErrors.ts';

/** What is promised; the pool itself needs about two seconds. */
const RECOVERY_MS = 10_000;

let primary: PostgresServer;
let standby: PostgresServer;
let proxy: Awaited<ReturnType<typeof startProxy>>;
let db: Db;
let direct: Db;

const poolOf = (url: string, max: number) =>
  createDatabase({
    url,
    applicationName: 'failover-test',
    min: 0,
    max,
    acquireTimeoutMs: 10_000,
    maxLifetimeMs: 600_000,
    // No idle connection is asked before its use: what a query meets must be enough.
    pingAfterIdleMs: 600_000,
  });

beforeAll(async () => {
  primary = await startTestPostgres();
  direct = poolOf(primary.superuserUrl, 1);
  await direct.raw('create table notes (text text)');
  standby = await startTestStandby(primary);
});
beforeEach(async () => {
  proxy = await startProxy(primary.superuserUrl);
  db = poolOf(proxy.url, 4);
});
afterEach(async () => {
  await db.destroy();
  await proxy.stop();
});
afterAll(async () => {
  await direct?.destroy();
  await standby?.stop();
  await primary?.stop();
});

const write = () => db('notes').insert({ text: 'written' });
const read = async () => (await db('notes').count('* as notes').first())?.notes;
const ports = async (): Promise<number[]> => {
  const held = await Promise.all(Array.from({ length: 4 }, () => db.transaction()));
  const rows = await Promise.all(held.map((one) => one.raw('select inet_server_port() as port')));
  await Promise.all(held.map((one) => one.rollback()));
  return rows.map((answer) => answer.rows[0].port);
};
const setReadOnly = async (value: 'on' | 'off') => {
  await direct.raw(`alter system set default_transaction_read_only = ${value}`);
  await direct.raw('select pg_reload_conf()');
  await eventually(
    async () => (await direct.raw('show transaction_read_only')).rows[0].transaction_read_only === value,
  );
};

describe('a pool whose connections lead to a standby', () => {
  beforeEach(async () => {
    proxy.leadTo(standby.superuserUrl);
    await warmUp(db, 4);
  });

  it('writes again within 10 s of a failover, by new connections in the place of all old ones', async () => {
    await expect(write()).rejects.toMatchObject({ code: '25006' });
    proxy.leadTo(primary.superuserUrl);
    await eventually(write, { deadlineMs: RECOVERY_MS });
    expect(await ports()).toEqual(Array(4).fill(primary.port));
  });

  it('is found by the question of readiness too, with no write', async () => {
    await expect(requireWritable(db)).rejects.toThrow(ReadOnlyError);
    proxy.leadTo(primary.superuserUrl);
    await eventually(() => requireWritable(db), { deadlineMs: RECOVERY_MS });
    await write();
  });

  it('reads meanwhile, and reconnects at most every two seconds however much is written', async () => {
    const opened = new Set<object>();
    db.client.pool.on('createSuccess', (_: number, connection: object) => opened.add(connection));
    const startedMs = performance.now();
    const codes = new Set<string>();
    while (performance.now() - startedMs < 3_000) {
      await write().catch((error: { code: string }) => codes.add(error.code));
      expect(Number(await read())).toBeGreaterThanOrEqual(0);
    }
    expect([...codes]).toEqual(['25006']);
    const renewals = Math.floor((performance.now() - startedMs) / 2_000) + 1;
    expect(opened.size).toBeLessThanOrEqual(4 * renewals);
    expect(poolState(db, 0).checkedOut).toBe(0);
  });
});

it('asks an idle connection whether it takes writes', async () => {
  const asking = createDatabase({
    url: proxy.url,
    applicationName: 'failover-test',
    min: 0,
    max: 1,
    acquireTimeoutMs: 10_000,
    maxLifetimeMs: 600_000,
    pingAfterIdleMs: 0,
  });
  proxy.leadTo(standby.superuserUrl);
  const onStandby = async () => (await asking.raw('select pg_is_in_recovery() as yes')).rows[0].yes;
  expect(await onStandby()).toBe(true);
  proxy.leadTo(primary.superuserUrl);
  await eventually(async () => !(await onStandby()), { deadlineMs: RECOVERY_MS });
  await asking.destroy();
});

it('writes again as soon as an operator ends the read-only state of the server', async () => {
  await warmUp(db, 2);
  await setReadOnly('on');
  await expect(write()).rejects.toMatchObject({ code: '25006' });
  await expect(requireWritable(db)).rejects.toThrow(ReadOnlyError);
  expect(Number(await read())).toBeGreaterThanOrEqual(0);
  await setReadOnly('off');
  await eventually(write, { deadlineMs: RECOVERY_MS });
  await requireWritable(db);
});
