import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { eventually } from '@origin-stack/testkit/eventually';
import pg from 'pg';
import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isRunning } from '../lib/processIdentity.ts';
import { describeRun } from './describeRun.ts';
import { findRunning, readRunState } from './runState.ts';
import { locateStateDir, type StateDir } from './stateDir.ts';
import { stopSupervisor } from './stopSupervisor.ts';
import { said, startSupervisor } from './test/startSupervisor.ts';

let root: string;
let dir: StateDir;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'origin-stack-supervise-'));
  dir = locateStateDir(root);
});
afterEach(async () => {
  await stopSupervisor(dir);
  await rm(root, { recursive: true, force: true });
});

async function serviceOf(name: string) {
  const service = (await readRunState(dir))?.services.find((candidate) => candidate.name === name);
  if (!service?.process) throw new Error(`${name} is not running`);
  return { ...service, process: service.process };
}

/** Kills a service and waits until another process has taken its place. */
async function killAndAwait(name: string): Promise<void> {
  const before = await serviceOf(name);
  process.kill(before.process.pid, 'SIGKILL');
  await eventually(
    async () => {
      const after = await serviceOf(name);
      expect(after.process.pid).not.toBe(before.process.pid);
      expect(after.port).toBe(before.port);
    },
    { deadlineMs: 20_000 },
  );
}

async function databaseUrls(output: string) {
  const [, postgres, redis] = /^databases (\S+) (\S+)$/m.exec(output) ?? [];
  return { postgres: postgres!, redis: redis! };
}

async function sql(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe('the supervisor', () => {
  it('stops everything in the reverse order of its start, and the data is there at the next start', async () => {
    const first = await startSupervisor(root);
    await said(first, 'all ready');
    const urls = await databaseUrls(first.output());
    await sql(urls.postgres, 'CREATE TABLE kept AS SELECT 7 AS value');
    const redis = createClient({ url: urls.redis });
    await redis.connect();
    await redis.set('kept', 'value');
    await redis.close();
    const processes = (await readRunState(dir))!.services.map((service) => service.process!);
    expect(processes).toHaveLength(4);

    first.child.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    expect(processes.filter(isRunning)).toEqual([]);
    expect(await readRunState(dir)).toBeUndefined();
    const toldAt = async (name: string) => {
      const log = await readFile(join(dir.logs, `${name}.log`), 'utf8');
      return BigInt(/was told to stop at (\d+)/.exec(log)![1]!);
    };
    expect(await toldAt('second')).toBeLessThan(await toldAt('first'));
    expect(await readFile(join(dir.logs, 'postgres.log'), 'utf8')).toContain('database system is shut down');

    const second = await startSupervisor(root, first.ports);
    await said(second, 'all ready');
    const again = await databaseUrls(second.output());
    expect(await sql(again.postgres, 'SELECT value FROM kept')).toEqual([{ value: 7 }]);
    const client = createClient({ url: again.redis });
    await client.connect();
    expect(await client.get('kept')).toBe('value');
    await client.close();
  });

  it('starts again what is killed, on the port it had, and says so: program, Redis and PostgreSQL', async () => {
    const supervisor = await startSupervisor(root);
    await said(supervisor, 'all ready');
    for (const name of ['first', 'redis', 'postgres']) {
      await killAndAwait(name);
      await said(supervisor, `${name} ended unexpectedly`);
    }
    const urls = await databaseUrls(supervisor.output());
    expect(await sql(urls.postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const run = await describeRun(dir);
    expect(run).toMatchObject({ running: true, phase: 'ready', ready: true });
    expect(run.services.map(({ name, restarts, state }) => ({ name, restarts, state }))).toEqual(
      expect.arrayContaining([
        { name: 'second', restarts: 0, state: 'running' },
        { name: 'first', restarts: 1, state: 'running' },
      ]),
    );
  });

  it('is alone: a second one on the same state directory ends with the name of the first', async () => {
    const first = await startSupervisor(root);
    await said(first, 'all ready');
    const second = await startSupervisor(root);
    expect(await second.exited).toBe(1);
    expect(second.output()).toContain('another run is at work: the test supervisor');
    expect((await findRunning(dir))?.supervisor.pid).toBe(first.child.pid);
    expect((await fetch(`http://127.0.0.1:${first.ports[0]}/`)).status).toBe(200);
  });

  it('clears away what a killed one has left, and nothing else', async () => {
    const first = await startSupervisor(root);
    await said(first, 'all ready');
    const orphans = (await readRunState(dir))!.services.map((service) => service.process!);
    first.child.kill('SIGKILL');
    await first.exited;
    expect(orphans.every(isRunning)).toBe(true);
    const second = await startSupervisor(root, first.ports);
    await said(second, 'stopped what a killed run had left behind');
    await said(second, 'all ready');
    expect(orphans.filter(isRunning)).toEqual([]);
  });

  it('leaves nothing behind when a program cannot start', async () => {
    const taken = await startSupervisor(root);
    await said(taken, 'all ready');
    const otherRoot = await mkdtemp(join(tmpdir(), 'origin-stack-supervise-'));
    const other = await startSupervisor(otherRoot, [await freePort(), taken.ports[1]]);
    expect(await other.exited).toBe(1);
    expect(other.output()).toContain(`port ${taken.ports[1]} (second) is taken`);
    expect(other.output()).toMatch(/node.* \(process \d+\) listens on it/);
    expect(await readRunState(locateStateDir(otherRoot))).toBeUndefined();
    await expect(fetch(`http://127.0.0.1:${other.ports[0]}/`)).rejects.toThrow();
    await rm(otherRoot, { recursive: true, force: true });
  });

  it('keeps its state closed to other users', async () => {
    const supervisor = await startSupervisor(root);
    await said(supervisor, 'all ready');
    const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
    for (const path of [dir.secrets, dir.redisData, dir.logs, dir.run])
      expect(await modeOf(path)).toBe(0o700);
    expect(await modeOf(join(dir.secrets, 'redis-password'))).toBe(0o400);
    expect(await modeOf(dir.stateFile)).toBe(0o600);
    await chmod(root, 0o755);
    expect((await modeOf(dir.postgresData)) & 0o077).toBe(0);
  });
});
