import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { PreconditionError, UsageError } from './commandErrors.ts';

/**
 * Throws where a key could not be written to a new file of the name, before there is a key: one that exists may hold the
 * only copy of another key, and a key that is made and not kept is lost.
 */
export function requireNewFile(file: string): void {
  const next = 'name a new file with --out';
  if (file === '') throw new UsageError({ what: '--out names no file', next });
  if (existsSync(file)) throw new PreconditionError({ what: `${file} is there already`, next });
  const folder = dirname(file);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const isRefused = (error as NodeJS.ErrnoException).code === 'EACCES';
    const why = isRefused
      ? `this user may not write to ${folder}`
      : `there is no folder ${folder} to write to`;
    throw new PreconditionError({ what: `${file} cannot be written`, why, next }, { cause: error });
  }
}
