import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { type PostgresOptions, type PostgresServer, startPostgres } from './postgresServer.ts';

let dir: string;
let servers: PostgresServer[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'origin-stack-pg-'));
  await chmod(dir, 0o711);
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await server.stop();
  await rm(dir, { recursive: true, force: true });
});

async function start(change: Partial<PostgresOptions> = {}): Promise<PostgresServer> {
  const server = await startPostgres({
    dataDir: join(dir, 'data'),
    logFile: join(dir, 'postgres.log'),
    superuserPassword: `it's "odd"/@:% pass`,
    endsWithParent: true,
    ...change,
  });
  servers.push(server);
  return server;
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe('startPostgres', () => {
  it('serves on loopback only, with a password, and never as root', async () => {
    const server = await start();
    const [row] = await query(server.superuserUrl, "SELECT current_setting('listen_addresses') AS addresses");
    expect(row).toEqual({ addresses: '127.0.0.1' });
    const wrong = new URL(server.superuserUrl);
    wrong.password = 'guess';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    expect((await stat(`/proc/${server.pid}`)).uid).not.toBe(0);
    expect((await stat(join(dir, 'data'))).mode & 0o777).toBe(0o700);
  });

  it('keeps committed data over a stop and over kill -9', async () => {
    const first = await start();
    await query(first.superuserUrl, 'CREATE TABLE kept AS SELECT 1 AS value');
    await first.stop();
    const second = await start();
    await query(second.superuserUrl, 'INSERT INTO kept VALUES (2)');
    process.kill(second.pid, 'SIGKILL');
    await second.exited;
    const third = await start();
    expect(await query(third.superuserUrl, 'SELECT value FROM kept ORDER BY value')).toEqual([
      { value: 1 },
      { value: 2 },
    ]);
  });

  it('makes its database where a start was killed while it made one, and over no file of somebody else', async () => {
    for (const folder of ['data.new', 'data']) await mkdir(join(dir, folder));
    await writeFile(join(dir, 'data.new', 'PG_VERSION'), '17\n');
    await writeFile(join(dir, 'data', 'a file'), '');
    await expect(start()).rejects.toThrow(`${join(dir, 'data')} holds files and no database`);
    await rm(join(dir, 'data', 'a file'));
    await start();
    expect((await readdir(dir)).sort()).toEqual(['data', 'postgres.log']);
  });

  it('starts over a lock that a dead host left empty, or whose number is another process by now', async () => {
    await (await start()).stop();
    const lock = join(dir, 'data', 'postmaster.pid');
    const other = await query(inject('postgres').superuserUrl, 'SELECT pg_backend_pid() AS pid');
    for (const first of [process.pid, other[0]?.pid, '', '\0\0\0\0']) {
      await writeFile(lock, `${first}\n${join(dir, 'data')}\n`);
      const server = await start();
      expect(await query(server.superuserUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await server.stop();
    }
  });

  it('names the server that runs on its directory already, whatever the lock says, and how to stop it', async () => {
    const running = await start();
    const lock = join(dir, 'data', 'postmaster.pid');
    const written = await readFile(lock, 'utf8');
    for (const text of [written, '']) {
      await writeFile(lock, text);
      await expect(start()).rejects.toMatchObject({
        message: `another PostgreSQL (process ${running.pid}) already runs on ${join(dir, 'data')}`,
        next: `stop it, then run this again: kill -INT ${running.pid}`,
      });
    }
    expect(await query(running.superuserUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('says that data and password do not belong together, and leaves no server', async () => {
    await (await start()).stop();
    await expect(start({ superuserPassword: randomBytes(8).toString('hex') })).rejects.toThrow(
      'do not belong together',
    );
    await expect(readFile(join(dir, 'data', 'postmaster.pid'))).rejects.toThrow('ENOENT');
  });

  it('refuses data of another major version and touches nothing', async () => {
    await mkdir(join(dir, 'data'));
    await writeFile(join(dir, 'data', 'PG_VERSION'), '16\n');
    await expect(start()).rejects.toThrow('holds data of PostgreSQL 16, not 17');
  });

  it('shows the end of the log when a setting is wrong', async () => {
    await expect(start({ settings: { shared_buffers: 'many' } })).rejects.toThrow(
      /ended with code 1.*shared_buffers/s,
    );
  });

  it.runIf(process.getuid?.() === 0)('works as root below a directory that only root may enter', async () => {
    await chmod(dir, 0o700);
    const server = await start();
    expect(await query(server.superuserUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
    const dacReadSearch = '0000000000000004';
    expect(/^CapEff:\s+(\w+)$/m.exec(status)?.[1]).toBe(dacReadSearch);
  });
});
