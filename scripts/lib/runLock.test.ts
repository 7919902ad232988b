import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
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

const NOBODY = 65_534;
const REFUSED = 4;
const NO_RIGHT = 3;

/** The exit code that a process of another user gets for the lock, and its words. */
async function tryAs(uid: number) {
  const script = `import { acquireRunLock } from ${JSON.stringify(new URL('./runLock.ts', import.meta.url).href)};
    await acquireRunLock(${JSON.stringify(file)}, './stack down').catch((error) => {
      console.log(error.message, error.why, error.next);
      process.exit(error.exitCode ?? 99);
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    ...{ uid, gid: uid, cwd: '/' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [words, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { code, words };
}

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

  it('tells a user who may not read the holder’s files who holds it, as one of the docker group beside a timer of root', async () => {
    await chmod(dir, 0o777);
    const before = process.umask(0o077);
    const release = await acquireRunLock(file, './stack renew-certs');
    process.umask(before);
    const { code, words } = await tryAs(NOBODY);
    expect(code, words).toBe(REFUSED);
    expect(words).toContain(`./stack renew-certs process ${process.pid}`);
    await release();
    expect(await tryAs(NOBODY)).toMatchObject({ code: 0 });
  });

  it('says whose folder it is where this user may not write there', async () => {
    await chmod(dir, 0o755);
    const { code, words } = await tryAs(NOBODY);
    expect(code, words).toBe(NO_RIGHT);
    expect(words).toContain(`belongs to uid ${process.getuid?.()}`);
    expect(words).toContain(`sudo chown ${NOBODY} ${dir}`);
  });

  it('leaves no folder that it made for itself alone, and none away that something lies in', async () => {
    const deep = join(dir, 'new', 'lock');
    await (await acquireRunLock(deep, './stack up'))();
    expect(await readdir(dir)).toEqual([]);
    const release = await acquireRunLock(deep, './stack up');
    await writeFile(join(dir, 'new', 'compose.env'), '');
    await release();
    expect(await readdir(join(dir, 'new'))).toEqual(['compose.env']);
  });

  it('lets one of many in at a time', async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => acquireRunLock(file, 'race')));
    expect(attempts.filter((attempt) => attempt.status === 'fulfilled')).toHaveLength(1);
  });

  it('lets one of many in when all of them find the same stale lock', async () => {
    for (let round = 0; round < 25; round += 1) {
      await writeFile(file, JSON.stringify({ pid: 1, startedAt: 'never', purpose: 'old', since: 'then' }));
      const attempts = await Promise.allSettled(
        Array.from({ length: 20 }, () => acquireRunLock(file, 'race')),
      );
      const taken = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
      expect(taken).toHaveLength(1);
      for (const release of taken) await release();
    }
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
