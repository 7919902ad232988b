import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LockedError } from './commandErrors.ts';
import { identifyProcess, isRunning } from './processIdentity.ts';
import { acquireRunLock, readLockHolder } from './runLock.ts';

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'origin-stack-lock-'));
  file = join(dir, 'lock');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Another process that takes the lock and holds it until it is killed. */
async function holdElsewhere() {
  const script = `import { acquireRunLock } from ${JSON.stringify(new URL('./runLock.ts', import.meta.url).href)};
    await acquireRunLock(${JSON.stringify(file)}, './stack backup');
    console.log('held');
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  return holder;
}

describe('acquireRunLock', () => {
  it('refuses while another process holds it, and names that process and what it does', async () => {
    const holder = await holdElsewhere();
    const error = await acquireRunLock(file, './stack up').catch((thrown) => thrown);
    expect(error).toBeInstanceOf(LockedError);
    expect(error.message).toContain('./stack backup');
    expect(error.why).toContain(`process ${holder.pid}`);
    expect(await readLockHolder(file)).toMatchObject({ pid: holder.pid, purpose: './stack backup' });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
  });

  it('takes over from a holder that was killed', async () => {
    const holder = await holdElsewhere();
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(await readLockHolder(file)).toBeUndefined();
    const release = await acquireRunLock(file, './stack up');
    expect(JSON.parse(await readFile(file, 'utf8')).pid).toBe(process.pid);
    await release();
    expect(await readdir(dir)).toEqual([]);
  });

  it('takes over when the number of the holder belongs to another process by now', async () => {
    const self = identifyProcess(process.pid);
    await writeFile(file, JSON.stringify({ ...self, startedAt: '1', purpose: 'old', since: 'then' }));
    await (await acquireRunLock(file, './stack up'))();
  });

  it('takes over from a file that is no lock', async () => {
    await writeFile(file, '{');
    await (await acquireRunLock(file, './stack up'))();
  });

  it('lets one of many in at a time', async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => acquireRunLock(file, 'race')));
    expect(attempts.filter((attempt) => attempt.status === 'fulfilled')).toHaveLength(1);
  });

  it('lets one of many in when all of them find the same stale lock', async () => {
    await writeFile(file, JSON.stringify({ pid: 1, startedAt: 'never', purpose: 'old', since: 'then' }));
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => acquireRunLock(file, 'race')));
    expect(attempts.filter((attempt) => attempt.status === 'fulfilled')).toHaveLength(1);
  });
});

describe('a process identity', () => {
  it('holds while the process runs and not after', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const identity = identifyProcess(child.pid!)!;
    expect(isRunning(identity)).toBe(true);
    expect(isRunning({ ...identity, startedAt: '1' })).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isRunning(identity)).toBe(false);
  });

  it('does not hold for a zombie, which has ended and only waits to be reaped', async () => {
    const neglectful = spawn('/bin/sh', ['-c', 'sh -c "echo \\$\\$" & exec sleep 60']);
    const pid = Number((await once(neglectful.stdout, 'data'))[0]);
    await eventually(async () => expect(await readFile(`/proc/${pid}/stat`, 'utf8')).toContain(') Z '));
    expect(identifyProcess(pid)).toBeUndefined();
    neglectful.kill('SIGKILL');
    await once(neglectful, 'exit');
  });
});
