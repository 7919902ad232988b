import { statfs } from 'node:fs/promises';
import { PreconditionError } from '../../lib/commandErrors.ts';

/** Many times what keys, lists, backups and audit lines of all services take. */
const NEEDED_BYTES = 4 << 20;

/** Throws PreconditionError where the disk of a folder is so full that a change of keys might stop half-way. */
export async function requireRoom(...folders: string[]): Promise<void> {
  for (const folder of folders) {
    const { bavail, bsize, files, ffree } = await statfs(folder);
    // Some file systems have no number of files.
    if (bavail * bsize >= NEEDED_BYTES && (files === 0 || ffree > 100)) continue;
    throw new PreconditionError({
      what: `the disk that holds ${folder} is full`,
      why: 'ENOSPC: a change of keys might stop half-way, so none was begun',
      next: `make room (${NEEDED_BYTES >> 20} MiB are enough), then this again`,
    });
  }
}
