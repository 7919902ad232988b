import { readFile } from 'node:fs/promises';

/** The bytes of a file, or undefined where there is none. Whatever else keeps it from being read is thrown. */
export async function readIfThere(file: string): Promise<Buffer | undefined> {
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
}
