import { createTestDatabase, type TestDatabase } from '@origin-stack/testkit/database';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, test } from 'vitest';
import type { Db, Tx } from '../domain/ports.ts';
import { prepared } from '../domain/prepared.ts';
import { createDatabase } from './database.ts';

let database: TestDatabase;
let db: Db;
beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(() => {
  const kept = { applicationName: 'session-test', min: 0, max: 1, acquireTimeoutMs: 10_000 };
  db = createDatabase({ ...kept, url: database.ownerUrl, maxLifetimeMs: 600_000 });
});
afterEach(() => db.destroy());
afterAll(() => database.drop());

const pidOf = async (): Promise<number> => (await db.raw('select pg_backend_pid() as pid')).rows[0].pid;
const raise = (code: string) => `do $$ begin raise exception 'refused' using errcode = '${code}'; end $$`;

test.each(['08006', '25P03', '26000', '42P05', '53200', '57P01', '57P03', '57P05'])(
  'a session that ended with %s is not used again',
  async (code) => {
    const pid = await pidOf();
    await expect(db.transaction((tx) => tx.raw(raise(code)))).rejects.toMatchObject({ code });
    expect(await pidOf()).not.toBe(pid);
  },
);

test.each(['23505', '40001', '42P01', '53300', '55P03', '57014'])(
  'a session that goes on after %s is kept',
  async (code) => {
    const pid = await pidOf();
    await expect(db.transaction((tx) => tx.raw(raise(code)))).rejects.toMatchObject({ code });
    expect(await pidOf()).toBe(pid);
  },
);

const readAll = () =>
  db.transaction((tx) =>
    prepared<{ value: unknown }>(tx as Tx, { name: 'read_all', sql: 'select * from kept' }, []),
  );

it('prepares a statement again whose tables changed under it', async () => {
  await db.raw('create table kept as select 1 as value');
  expect(await readAll()).toEqual([{ value: 1 }]);
  await db.raw('alter table kept alter value type text');
  await expect(readAll()).rejects.toMatchObject({ code: '0A000' });
  expect(await readAll()).toEqual([{ value: '1' }]);
});
