import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LockedError, PreconditionError } from './commandErrors.ts';
import { identifyProcess, isRunning, type ProcessIdentity } from './processIdentity.ts';
import { readIfThere } from './readIfThere.ts';
import { takeTurn } from './takeTurn.ts';

/** Who holds a lock: the process, what it runs, since when (RFC 3339). */
export type LockHolder = ProcessIdentity & { purpose: string; since: string };

/** Gives the lock back; a second call does nothing. */
export type ReleaseLock = () => Promise<void>;

/** Does `work` with the lock held, and gives it back whatever comes of it. Throws as `acquireRunLock` does. */
export async function withRunLock<T>(file: string, purpose: string, work: () => Promise<T>): Promise<T> {
  const release = await acquireRunLock(file, purpose);
  try {
    return await work();
  } finally {
    await release();
  }
}

/**
 * Takes a lock file for this process. Throws LockedError that names the holder when another process has it, and
 * PreconditionError where this user may not write beside it; a lock whose holder is gone is taken over.
 */
export async function acquireRunLock(file: string, purpose: string): Promise<ReleaseLock> {
  try {
    return await acquire(file, purpose);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'EACCES' || code === 'EPERM' ? await notWritable(file) : error;
  }
}

async function acquire(file: string, purpose: string): Promise<ReleaseLock> {
  const madeFolder = await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const self = identifyProcess(process.pid);
  const mine = JSON.stringify({
    ...self,
    purpose,
    since: new Date().toISOString(),
    id: randomBytes(8).toString('hex'),
  });
  while (!(await createWhole(file, mine))) {
    const held = await readLock(file);
    if (held === undefined) continue;
    const holder = parseHolder(held);
    if (holder && isRunning(holder)) throw lockedBy(holder);
    await removeStale(file, held);
  }
  return async () => {
    if ((await readLock(file)) === mine) await rm(file, { force: true });
    // A run that changed nothing leaves nothing; what it made keeps the folder.
    if (madeFolder !== undefined) await rmdir(dirname(file)).catch(() => {});
  };
}

const readLock = async (file: string): Promise<string | undefined> => (await readIfThere(file))?.toString();

/** Throws LockedError that names the holder when another process has the lock; takes nothing. */
export async function refuseHeldLock(file: string): Promise<void> {
  const holder = await readLockHolder(file);
  if (holder) throw lockedBy(holder);
}

/** Who holds the lock now, or undefined. */
export async function readLockHolder(file: string): Promise<LockHolder | undefined> {
  const holder = parseHolder(await readFile(file, 'utf8').catch(() => ''));
  return holder && isRunning(holder) ? holder : undefined;
}

/** A link appears with its whole content or not at all, so no reader meets a half-written lock. */
async function createWhole(file: string, content: string): Promise<boolean> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  // Whoever finds it held must read who holds it: there is no secret in it.
  await writeFile(temporary, content);
  await chmod(temporary, 0o644);
  try {
    await link(temporary, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Many may find the same stale lock: one at a time looks again and removes it, so that nobody removes what another has taken. */
async function removeStale(file: string, stale: string): Promise<void> {
  await using _ = await takeTurn(`remove ${resolve(file)}`);
  if ((await readLock(file)) === stale) await rm(file);
}

function parseHolder(text: string): LockHolder | undefined {
  try {
    const value = JSON.parse(text) as LockHolder;
    return Number.isInteger(value.pid) && typeof value.startedAt === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function lockedBy(holder: LockHolder): LockedError {
  return new LockedError({
    what: `another run is at work: ${holder.purpose}`,
    why: `process ${holder.pid} holds the lock since ${holder.since}`,
    next: `wait for it, or stop it: kill ${holder.pid}`,
  });
}

/** The folder may be another user's, as after a first command with sudo. */
async function notWritable(file: string): Promise<PreconditionError> {
  const folder = dirname(file);
  const uid = process.getuid?.();
  const owner = await stat(folder).then(
    (found) => ` and belongs to uid ${found.uid}`,
    () => '',
  );
  return new PreconditionError({
    what: `the lock ${file} cannot be taken`,
    why: `its folder is not writable for this user (uid ${uid})${owner}`,
    next: `type it as its owner (root: with sudo), or take the folder: sudo chown ${uid} ${folder}`,
  });
}
