import { access, constants, lstat, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { PreconditionError } from '../lib/commandErrors.ts';
import { writeFileAtomically } from '../lib/writeFileAtomically.ts';
import { removeTemporaries } from '../lib/writeFilesTogether.ts';

/** node-exporter reads it as a user of its own. */
const MODE = 0o644;
/** A run that still writes is younger. */
const LEFTOVER_MS = 600_000;

/** Throws PreconditionError, with what to type, where metrics cannot be written to `file`. Changes nothing. */
export async function requireMetricsFile(file: string): Promise<void> {
  const folder = dirname(file);
  const refuse = (why: string, next: string) =>
    new PreconditionError({ what: `the metrics cannot be written to ${file}`, why, next });
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    if (found.code !== 'ENOENT')
      throw refuse(`${folder} cannot be looked at (${found.code})`, 'name another file');
    throw refuse(`the folder ${folder} is not there`, './stack up makes that of the bundle; or mkdir it');
  }
  if (!found.isDirectory()) throw refuse(`${folder} is no folder`, 'name a file in a folder');
  const there = await lstat(file).catch(() => undefined);
  if (there && !there.isFile()) {
    const kind = there.isSymbolicLink()
      ? 'a symbolic link'
      : there.isDirectory()
        ? 'a folder'
        : 'no plain file';
    throw refuse(`it is ${kind}`, 'name a plain file, or move that away');
  }
  const isWritable = await access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (isWritable) return;
  const uid = process.getuid?.();
  throw refuse(
    `this user (uid ${uid}) may not write in ${folder}, which belongs to uid ${found.uid}`,
    'type it as its owner or as root',
  );
}

/**
 * Writes metrics so that node-exporter reads the old ones or the new, never a part, and takes away what a killed run left
 * beside them. Throws as `requireMetricsFile` does.
 */
export async function writeMetricsFile(file: string, text: string): Promise<void> {
  await requireMetricsFile(file);
  await writeFileAtomically(file, text, { mode: MODE });
  await removeTemporaries(dirname(file), async (name, temporary) => {
    if (name !== basename(file)) return false;
    const found = await stat(temporary).catch(() => undefined);
    return found !== undefined && Date.now() - found.mtimeMs > LEFTOVER_MS;
  });
}
