import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LIST_FILE, SERVICE_KEYS } from './keys/serviceKeys.ts';
import { allFiles, type SecretPath } from './lookAtSecrets.ts';
import type { OverlaySecret } from './overlaySecrets.ts';
import type { SecretFolder, SecretTree } from './secretFiles.ts';

/** By folder: when the newest of what its reader reads only at its start was written or put back, in ms since 1970. */
export type WrittenAt = Partial<Record<SecretFolder, number>>;

/** They read each file with its use, or are told to at each `up`. */
const READ_ANEW_BY: SecretFolder[] = ['alertmanager', 'nginx', 'prometheus'];
/** Who reads them sees another content by himself, or is told by the command that changes them. */
const READ_ANEW = ['tls.crt', 'tls.key', LIST_FILE, ...SERVICE_KEYS.map(({ file }) => file)];

const isReadAtStart = (folder: SecretFolder, file: string): boolean =>
  !READ_ANEW_BY.includes(folder) && !READ_ANEW.includes(file);

/** Of the secrets that are there. It looks into folders of other users: root's work. */
export async function writtenSecrets(
  tree: SecretTree,
  overlaySecrets: Pick<OverlaySecret, 'folder' | 'file'>[],
): Promise<WrittenAt> {
  const ofOverlays = overlaySecrets.map(({ folder, file }): [SecretFolder, string] => [folder, file]);
  const writtenAt: WrittenAt = {};
  for (const [folder, file] of [...allFiles, ...ofOverlays]) {
    if (!isReadAtStart(folder, file)) continue;
    const atMs = await changedAt(join(tree.root, folder, file));
    if (atMs !== undefined) writtenAt[folder] = Math.max(writtenAt[folder] ?? 0, atMs);
  }
  return writtenAt;
}

/** The same when these files are written now. */
export function writtenNow(writtenAt: WrittenAt, paths: SecretPath[]): WrittenAt {
  const folders = paths
    .map((path) => path.split('/') as [SecretFolder, string])
    .filter(([folder, file]) => isReadAtStart(folder, file))
    .map(([folder]) => [folder, Date.now()] as const);
  return { ...writtenAt, ...Object.fromEntries(folders) };
}

/**
 * By the time of the inode, which nobody sets: a file that was put back by `cp -p` or tar has the time of its content, and
 * the process that runs may have read another. What a process read at its start cannot be compared; nobody keeps it.
 */
async function changedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ctimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
