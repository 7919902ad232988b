import { stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { findPostgresBinaries } from '@origin-stack/core/infra/embedded/postgresBinaries';
import { requirePlace } from '@origin-stack/core/infra/embedded/requirePlace';
import { PreconditionError } from '../lib/commandErrors.ts';
import { inCommandWords } from './inCommandWords.ts';
import type { StateDir } from './stateDir.ts';

/** Throws PreconditionError where the embedded default cannot run by this user, or in this folder. Makes nothing. */
export async function requirePlaceHere(dir: StateDir): Promise<void> {
  requireNamedUser();
  await requireOwnState(dir);
  await inCommandWords(async () => requirePlace(dir.postgresData, await findPostgresBinaries()));
}

/** PostgreSQL looks its user up and does not start where there is no entry, as under `docker run -u 65532`. */
function requireNamedUser(): void {
  try {
    userInfo();
  } catch {
    throw new PreconditionError({
      what: `the user id ${process.getuid?.()} has no entry in /etc/passwd`,
      why: 'PostgreSQL starts under a named user only',
      next: 'run this as a named user, or as root',
    });
  }
}

/** Root too: PostgreSQL, which would run as nobody then, could not read what it wrote as another user. */
async function requireOwnState({ root }: StateDir): Promise<void> {
  const owner = (await stat(root).catch(() => undefined))?.uid;
  if (owner === undefined || owner === process.getuid?.()) return;
  throw new PreconditionError({
    what: `${root} belongs to another user (id ${owner})`,
    why: 'its database and secrets are readable for that user alone',
    next: 'run this as that user, or name another folder: --state-dir',
  });
}
