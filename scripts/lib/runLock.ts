import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LockedError } from './commandErrors.ts';
import { identifyProcess, isRunning, type ProcessIdentity } from './processIdentity.ts';

/** Who holds a lock: the process, what it runs, since when (RFC 3339). */
export type LockHolder = ProcessIdentity & { purpose: string; since: string };

/** Gives the lock back; a second call does nothing. */
export type ReleaseLock = () => Promise<void>;

/**
 * Takes a lock file for this process. Throws LockedError that names the holder when another process has it;
 * a lock whose holder is gone is taken over.
 */
export async function acquireRunLock(file: string, purpose: string): Promise<ReleaseLock> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const self = identifyProcess(process.pid);
  const mine = JSON.stringify({
    ...self,
    purpose,
    since: new Date().toISOString(),
    id: randomBytes(8).toString('hex'),
  });
  while (!(await createWhole(file, mine))) {
    const held = await readFile(file, 'utf8').catch(() => undefined);
    if (held === undefined) continue;
    const holder = parseHolder(held);
    if (holder && isRunning(holder)) throw lockedBy(holder);
    await removeStale(file, held);
  }
  return async () => {
    const held = await readFile(file, 'utf8').catch(() => undefined);
    if (held === mine) await rm(file, { force: true });
  };
}

/** Who holds the lock now, or undefined. */
export async function readLockHolder(file: string): Promise<LockHolder | undefined> {
  const holder = parseHolder(await readFile(file, 'utf8').catch(() => ''));
  return holder && isRunning(holder) ? holder : undefined;
}

/** A link appears with its whole content or not at all, so no reader meets a half-written lock. */
async function createWhole(file: string, content: string): Promise<boolean> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(temporary, content, { mode: 0o600 });
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

/** Two may find the same stale lock; the second must not remove what the first has taken since. */
async function removeStale(file: string, stale: string): Promise<void> {
  const aside = `${file}.${randomBytes(6).toString('hex')}.stale`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  const moved = await readFile(aside, 'utf8');
  if (moved !== stale) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
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
