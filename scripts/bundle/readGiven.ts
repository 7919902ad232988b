import { readFile } from 'node:fs/promises';
import { PreconditionError } from '../lib/commandErrors.ts';

/**
 * The text of a file that the operator named, without the byte order mark of editors on Windows. Throws PreconditionError, with `next`,
 * where it cannot be read.
 */
export async function readGiven(file: string, next: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new PreconditionError({ what: `cannot read ${file}`, why: error.code, next });
  });
  return text.replace(/^\ufeff/, '');
}
