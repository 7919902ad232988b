import { chown, lstat, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PreconditionError } from '../lib/commandErrors.ts';
import { readIfThere } from '../lib/readIfThere.ts';
import { writeFileAtomically } from '../lib/writeFileAtomically.ts';
import { IDENTITIES } from './identities.ts';
import type { SecretOwner } from './secretPlan.ts';

const DIRECTORY_MODE = 0o700;
/** Of every secret file. */
export const FILE_MODE = 0o400;

/** Where secrets lie and who reads the operator's. */
export interface SecretTree {
  root: string;
  /** Whose the operator's folder and the authority's are. */
  operatorUid: number;
}

/**
 * The tree below `root`. Its operator is who made it, whoever runs a command now: timers run as root what a member of the
 * docker group has brought up.
 */
export async function openTree(root: string): Promise<SecretTree> {
  const operatorUid = await stat(join(root, 'operator')).then(
    ({ uid }) => uid,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return process.getuid?.() ?? 0;
      throw error;
    },
  );
  return { root, operatorUid };
}

/**
 * Every folder. Beside those of containers and the operator's own: `ca` holds the key of the internal authority, `backups`
 * former keys; both are the operator's too.
 */
export type SecretFolder = SecretOwner | 'ca' | 'backups';

export const uidOf = (tree: SecretTree, folder: SecretFolder): number =>
  IDENTITIES.find(({ name }) => name === folder)?.uid ?? tree.operatorUid;

/** Makes the folder of one reader, closed to everybody else; one that is there must be as it should. */
export async function openFolder(tree: SecretTree, folder: SecretFolder): Promise<void> {
  const path = join(tree.root, folder);
  try {
    await mkdir(path, { mode: DIRECTORY_MODE });
    await chown(path, uidOf(tree, folder), uidOf(tree, folder));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Whether a folder (without a file) or a file is there, also as a link that leads nowhere. */
export async function isThere(tree: SecretTree, folder: SecretFolder, file: string): Promise<boolean> {
  try {
    await lstat(join(tree.root, folder, file));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** A secret that is there, or undefined. */
export async function readSecret(
  tree: SecretTree,
  folder: SecretFolder,
  file: string,
): Promise<Buffer | undefined> {
  const path = join(tree.root, folder, file);
  const bytes = await readIfThere(path);
  if (bytes?.length === 0) {
    throw new PreconditionError({ what: `the secret ${path} is empty`, next: 'restore it from a backup' });
  }
  return bytes;
}

/** Writes a secret for its one reader: 0400, owned by the reader's uid, whole or not at all. */
export async function writeSecret(
  tree: SecretTree,
  { folder, file, content }: { folder: SecretFolder; file: string; content: string | Uint8Array },
): Promise<void> {
  const uid = uidOf(tree, folder);
  await writeFileAtomically(join(tree.root, folder, file), content, { mode: FILE_MODE, uid });
}

/** What is not as it should be: a link, another owner, a mode that lets others read. */
export async function wrongModes(tree: SecretTree, paths: [SecretFolder, string][]): Promise<string[]> {
  const wrong: string[] = [];
  for (const [folder, file] of paths) {
    const path = join(tree.root, folder, file);
    const uid = uidOf(tree, folder);
    const stat = await lstat(path);
    const mode = file === '' ? DIRECTORY_MODE : FILE_MODE;
    const isLink = stat.isSymbolicLink();
    if (isLink) wrong.push(`${path} is a symbolic link: put the file itself there`);
    else if (stat.uid !== uid) wrong.push(`${path} belongs to uid ${stat.uid}: chown ${uid}:${uid} ${path}`);
    if (!isLink && (stat.mode & 0o777) !== mode) {
      wrong.push(`${path} has mode ${(stat.mode & 0o777).toString(8)}: chmod ${mode.toString(8)} ${path}`);
    }
  }
  return wrong;
}
