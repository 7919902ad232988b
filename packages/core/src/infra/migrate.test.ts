import { createTestDatabase, type TestDatabase } from '@origin-stack/testkit/database';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MIGRATIONS } from '../migrations/index.ts';
import { migrate, pendingMigrations } from './migrate.ts';

const ALL = MIGRATIONS.map((one) => one.name);

let database: TestDatabase;
async function asOwner(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: database.ownerUrl });
  await client.connect();
  return client.query(text).then(
    ({ rows }) => client.end().then(() => rows),
    (error) =>
      client.end().then(() => {
        throw error;
      }),
  );
}

beforeEach(async () => {
  database = await createTestDatabase();
  // Back to nothing: the owner's own objects go, the database stays.
  await asOwner('drop owned by origin_owner cascade');
});
afterEach(() => database.drop());

it('brings an empty database to the newest schema, and finds nothing to do again', async () => {
  expect(await pendingMigrations(database.ownerUrl)).toEqual(ALL);
  expect(await migrate(database.ownerUrl)).toEqual(ALL);
  expect(await migrate(database.ownerUrl)).toEqual([]);
  expect(await pendingMigrations(database.ownerUrl)).toEqual([]);
});

it('runs once where several start at the same time', async () => {
  const ran = await Promise.all([1, 2, 3].map(() => migrate(database.ownerUrl)));
  expect(ran.flat()).toEqual(ALL);
  const rows = await asOwner('select name from knex_migrations order by id');
  expect(rows.map((row) => row.name)).toEqual(ALL);
});

it('is not blocked by the lock that a killed migration left in its table', async () => {
  // As the first one leaves it: its own tables went with its transaction.
  await asOwner(`create table knex_migrations_lock (index serial primary key, is_locked integer);
    insert into knex_migrations_lock (is_locked) values (1)`);
  expect(await migrate(database.ownerUrl)).toEqual(ALL);
});

it('leaves nothing of a migration that fails half-way, and goes on when the cause is gone', async () => {
  await asOwner('create table outbox (id int)');
  await expect(migrate(database.ownerUrl)).rejects.toThrow('already exists');
  const tables = await asOwner(
    "select tablename from pg_tables where tablename in ('evidence_packs', 'webhooks')",
  );
  expect(tables).toEqual([]);
  await asOwner('drop table outbox');
  expect((await migrate(database.ownerUrl)).at(-1)).toBe(ALL.at(-1));
});

it('is the owner’s: the services’ roles cannot run it', async () => {
  await expect(migrate(database.apiUrl)).rejects.toMatchObject({ code: '42501' });
});
