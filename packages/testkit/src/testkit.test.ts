import { pendingMigrations } from '@origin-stack/core/infra/migrate';
import pg from 'pg';
import { createClient } from 'redis';
import { describe, expect, it } from 'vitest';
import { createTestDatabase } from './database.ts';
import { eventually } from './eventually.ts';
import { testRedisUrl } from './redis.ts';
import { startTestRedis } from './testServers.ts';

async function query(connectionString: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe('createTestDatabase', () => {
  it('gives each caller a PostgreSQL 17 database of its own', async () => {
    const first = await createTestDatabase();
    const second = await createTestDatabase();
    await query(first.ownerUrl, 'CREATE TABLE only_here (id int)');
    const tables = "SELECT count(*)::int AS count FROM pg_tables WHERE tablename = 'only_here'";
    expect(await query(first.ownerUrl, tables)).toEqual([{ count: 1 }]);
    expect(await query(second.ownerUrl, tables)).toEqual([{ count: 0 }]);
    const [row] = await query(first.ownerUrl, 'SHOW server_version');
    expect(row?.server_version).toMatch(/^17\./);
    await Promise.all([first.drop(), second.drop()]);
  });

  it('is migrated: the clone has the tables of the newest schema', async () => {
    const database = await createTestDatabase();
    expect(await pendingMigrations(database.ownerUrl)).toEqual([]);
    const rows = await query(
      database.ownerUrl,
      "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    );
    expect(rows.map((row) => row.tablename)).toContain('tenants');
    await database.drop();
  });

  it('connects each role as itself, and no role passes row-level security', async () => {
    const database = await createTestDatabase();
    const roles =
      'SELECT current_user AS name, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user';
    const plain = { rolsuper: false, rolbypassrls: false };
    expect(await query(database.ownerUrl, roles)).toEqual([{ name: 'origin_owner', ...plain }]);
    expect(await query(database.apiUrl, roles)).toEqual([{ name: 'origin_api', ...plain }]);
    expect(await query(database.workerUrl, roles)).toEqual([{ name: 'origin_worker', ...plain }]);
    await database.drop();
  });

  it('fails the test that leaves a connection open, and drops the database all the same', async () => {
    const database = await createTestDatabase();
    const leaked = new pg.Client({ connectionString: database.ownerUrl });
    leaked.on('error', () => undefined);
    await leaked.connect();
    await expect(database.drop({ drainDeadlineMs: 200 })).rejects.toThrow('1 connections were left open');
    await expect(query(database.ownerUrl, 'SELECT 1')).rejects.toThrow('does not exist');
  });
});

describe('testRedisUrl', () => {
  it('gives each caller an empty logical database of its own', async () => {
    const [one, two] = await Promise.all([testRedisUrl(), testRedisUrl()]);
    const [first, second] = [createClient({ url: one }), createClient({ url: two })];
    await Promise.all([first.connect(), second.connect()]);
    await first.set('key', 'value');
    expect(await second.get('key')).toBeNull();
    expect(await first.get('key')).toBe('value');
    await Promise.all([first.close(), second.close()]);
  });
});

describe('startTestRedis', () => {
  it('gives a server that a test may kill', async () => {
    const server = await startTestRedis();
    process.kill(server.pid, 'SIGKILL');
    await server.exited;
    await expect(
      createClient({ url: server.url, socket: { reconnectStrategy: false } }).connect(),
    ).rejects.toThrow();
    await server.stop();
  });
});

describe('eventually', () => {
  it('returns the value of the first look that succeeds', async () => {
    let looks = 0;
    const value = await eventually(() => {
      looks += 1;
      if (looks < 3) throw new Error('not yet');
      return looks;
    });
    expect(value).toBe(3);
  });

  it('names the last failure when the deadline passes', async () => {
    const look = () => {
      throw new Error('the door is closed');
    };
    await expect(eventually(look, { deadlineMs: 50 })).rejects.toThrow(
      'not within 50 ms: the door is closed',
    );
  });

  it('takes false for not yet', async () => {
    await expect(eventually(() => false, { deadlineMs: 50 })).rejects.toThrow('still false');
  });
});
