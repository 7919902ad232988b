import { randomBytes } from 'node:crypto';
import { renameSync } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file to write: its path and what it will hold. */
export interface FileToWrite {
  path: string;
  content: string | Uint8Array;
}

/**
 * Writes files that belong together. Each is written whole beside its place and flushed; then they are renamed one right
 * after the other, in their order, so that a reader who looks in between meets old and new for microseconds only. A
 * crash there leaves the first ones new and the others old, never a part of one. `mode` is 0600 unless said otherwise;
 * `uid` owns them, and the group of that number.
 */
export async function writeFilesTogether(
  files: FileToWrite[],
  options: { mode?: number; uid?: number } = {},
): Promise<void> {
  const staged = files.map(({ path, content }) => ({
    path,
    content,
    temporary: `${path}.${randomBytes(6).toString('hex')}.tmp`,
  }));
  try {
    for (const { temporary, content } of staged) await writeFlushed(temporary, content, options);
    for (const { temporary, path } of staged) renameSync(temporary, path);
  } catch (error) {
    for (const { temporary } of staged) await rm(temporary, { force: true });
    throw error;
  }
  for (const path of new Set(files.map((file) => dirname(file.path)))) await flush(path);
}

const TEMPORARY = /^(?<file>.+)\.[0-9a-f]{12}\.tmp$/;

/**
 * Removes what killed writers left beside those files of a folder that `isOurs` names. The caller holds the lock of them, or
 * tells by the temporary file, whose path it gets too, that nobody writes it any more.
 */
export async function removeTemporaries(
  folder: string,
  isOurs: (file: string, temporary: string) => boolean | Promise<boolean>,
): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = TEMPORARY.exec(name)?.groups?.file;
    const temporary = join(folder, name);
    if (file !== undefined && (await isOurs(file, temporary))) await rm(temporary, { force: true });
  }
}

async function writeFlushed(
  path: string,
  content: string | Uint8Array,
  { mode = 0o600, uid }: { mode?: number; uid?: number },
): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    // The user's mask may have taken something of it.
    await file.chmod(mode);
    if (uid !== undefined) await file.chown(uid, uid);
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function flush(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
