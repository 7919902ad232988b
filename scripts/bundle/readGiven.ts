import { readFile } from 'node:fs/promises';
import { unreadable } from '../lib/unreadable.ts';

/**
 * The text of a file that the operator named, without the byte order mark of editors on Windows. Throws PreconditionError, with `next`,
 * where it cannot be read.
 */
export async function readGiven(file: string, next: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw unreadable(file, error, next);
  });
  return text.replace(/^\ufeff/, '');
}
