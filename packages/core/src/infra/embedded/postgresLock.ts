import { readdir, readFile, readlink, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ServerRefusal } from './serverFailure.ts';

/**
 * Removes a `postmaster.pid` that PostgreSQL would not start over: one without a number, as a host that lost power leaves
 * it, and one whose number belongs to another process by now, perhaps to another PostgreSQL. One that names no process
 * stays: PostgreSQL then looks itself whether sessions of the dead server are left. Throws ServerRefusal where a server
 * runs on this directory.
 */
export async function releaseStaleLock(dataDir: string): Promise<void> {
  const lockFile = join(dataDir, 'postmaster.pid');
  const text = await readFile(lockFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return;
  const written = /^-?([1-9]\d*)$/.exec(text.split('\n', 1)[0]?.trim() ?? '')?.[1];
  for (const pid of written === undefined ? await everyProcess() : [written]) {
    await refuseServer(pid, dataDir);
  }
  if (written === undefined || (await programOf(written)) !== undefined) await rm(lockFile, { force: true });
}

/** The oldest numbers first: the server's own is below those of its sessions. */
const everyProcess = async (): Promise<string[]> =>
  (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(a) - Number(b));

/** PostgreSQL works in its data directory, and starts in one of its own user's only. */
async function refuseServer(pid: string, dataDir: string): Promise<void> {
  if ((await programOf(pid)) !== 'postgres') return;
  const next = `stop it, then run this again: kill -INT ${pid}`;
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  if (cwd !== undefined) {
    if (cwd !== (await realpath(dataDir))) return;
    throw new ServerRefusal(`another PostgreSQL (process ${pid}) already runs on ${dataDir}`, next);
  }
  const [owner, user] = await Promise.all([stat(dataDir), stat(`/proc/${pid}`).catch(() => undefined)]);
  if (owner.uid !== user?.uid) return;
  throw new ServerRefusal(
    `the PostgreSQL with process number ${pid} may run on ${dataDir}, and hides it`,
    next,
  );
}

/** The name of a process's program (proc(5)), undefined where there is no such process. */
const programOf = (pid: string): Promise<string | undefined> =>
  readFile(`/proc/${pid}/comm`, 'utf8').then(
    (name) => name.trim(),
    () => undefined,
  );
