import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isThere, type SecretTree, writeSecret } from '../secretFiles.ts';
import { nameOfKey, shortPrefix } from './keyName.ts';
import { SERVICE_KEYS, type ServiceName } from './serviceKeys.ts';

const DAY_MS = 86_400_000;
/** Of each service the newest so many are kept, */
export const MAX_BACKUPS = 5;
/** and none longer than this. */
export const MAX_BACKUP_DAYS = 90;

const NAME = /^(?<service>[a-z]+)-(?<at>\d{8}T\d{6}Z)-[0-9A-Za-z]{8}\.key$/;

/** Keeps a former key in `secrets/backups/`, readable by the operator alone, and says its path below `secrets/`. */
export async function backUpKey(
  tree: SecretTree,
  { service, key, nowMs }: { service: ServiceName; key: string; nowMs: number },
): Promise<string> {
  const at = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '');
  const file = `${service}-${at}-${shortPrefix(nameOfKey(key).keyPrefix)}.key`;
  await writeSecret(tree, { folder: 'backups', file, content: key });
  return `backups/${file}`;
}

/** The kept keys of one service, below `secrets/`, the oldest first. */
export async function listBackups(tree: SecretTree, service: ServiceName): Promise<string[]> {
  if (!(await isThere(tree, 'backups', ''))) return [];
  const files = await readdir(join(tree.root, 'backups'));
  // The names sort by service and time.
  const own = files.filter((file) => NAME.exec(file)?.groups?.service === service).toSorted();
  return own.map((file) => `backups/${file}`);
}

export const isBackup = (file: string): boolean => NAME.test(file);

/** Removes backups of ours that are too many or too old; what else lies there stays. */
export async function pruneBackups(tree: SecretTree, nowMs: number): Promise<void> {
  for (const { service } of SERVICE_KEYS) {
    const newestFirst = (await listBackups(tree, service)).reverse();
    for (const [index, path] of newestFirst.entries()) {
      const isOld = nowMs - timeOf(NAME.exec(basename(path))?.groups?.at ?? '') > MAX_BACKUP_DAYS * DAY_MS;
      if (index >= MAX_BACKUPS || isOld) await rm(join(tree.root, path), { force: true });
    }
  }
}

const timeOf = (at: string) =>
  Date.parse(at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
