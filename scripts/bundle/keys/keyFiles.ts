import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { generateApiKey } from '@origin-stack/core/domain/keys/apiKey';
import { ServiceKeyList } from '@origin-stack/core/domain/keys/serviceKeys';
import { removeTemporaries } from '../../lib/writeFilesTogether.ts';
import { refuseWrongModes } from '../refuseWrongModes.ts';
import {
  isThere,
  openFolder,
  readSecret,
  type SecretFolder,
  type SecretTree,
  writeSecret,
} from '../secretFiles.ts';
import { backUpKey, isBackup, listBackups, pruneBackups } from './keyBackups.ts';
import { type KeyName, nameOfKey } from './keyName.ts';
import {
  LIST_FILE,
  LIST_HOLDERS,
  listEntry,
  listText,
  SERVICE_KEYS,
  type ServiceKey,
  type ServiceName,
} from './serviceKeys.ts';

/** One key as it lies in a file. */
export interface KeyInFile extends KeyName {
  key: string;
  /** When the file was written, RFC 3339. */
  writtenAt: string;
}

/** The keys of one service. */
export interface KeyState {
  service: ServiceName;
  current: KeyInFile | undefined;
  /** Made by a rotation that is not over: its owner does not use it yet. */
  next: KeyInFile | undefined;
  /** What each holder's list has for this service. */
  listed: Record<(typeof LIST_HOLDERS)[number], KeyName[]>;
  /** Its kept former keys, below `secrets/`, the oldest first. */
  backups: string[];
}

/**
 * The steps of a change, each whole by itself and harmless when repeated:
 * `look` changes nothing; `make` makes a next key where there is none; `stage` does, and lists it beside the current one;
 * `promote` puts next keys in the place of current ones; `settle` lists current keys alone; `undo` takes next keys away, from
 * the lists too, and leaves alone what was promoted; `generate` sees that each has a current key, the next one where that
 * waits, listed alone. Keys of services that are not named stay listed as they are; none of them comes to be listed.
 */
export type KeyStep = 'look' | 'make' | 'stage' | 'promote' | 'settle' | 'undo' | 'generate';

export interface KeyWork {
  tree: SecretTree;
  step: KeyStep;
  services: ServiceName[];
  nowMs: number;
}

const nextOf = (file: string) => `${file}.next`;

/**
 * Does one step and says how the keys lie afterwards. It reads and gives away files of other users: root's work. Throws
 * PreconditionError, with nothing changed, where a file or folder is a link or has another owner or mode than its one
 * reader needs.
 */
export async function workOnKeys({ tree, step, services, nowMs }: KeyWork): Promise<KeyState[]> {
  await refuseWrongModes(tree, await pathsOf(tree));
  const chosen = SERVICE_KEYS.filter(({ service }) => services.includes(service));
  if (step !== 'look') await removeKeyTemporaries(tree);
  if (step === 'generate') for (const one of chosen) await generate(tree, one);
  if (step === 'make' || step === 'stage') {
    await openFolder(tree, 'backups');
    for (const one of chosen) await makeNext(tree, one, nowMs);
  }
  if (step === 'promote') for (const one of SERVICE_KEYS) await promote(tree, one);
  if (step === 'undo') await undo(tree);
  if (step === 'settle') await writeLists(tree, { withNext: false, keepsOld: () => false });
  if (step === 'stage') await writeLists(tree, { newly: services, withNext: true, keepsOld: () => true });
  if (step === 'generate')
    await writeLists(tree, {
      newly: services,
      withNext: true,
      keepsOld: (one) => !services.includes(one),
    });
  if (step === 'settle') await pruneBackups(tree, nowMs);
  const states: KeyState[] = [];
  for (const one of SERVICE_KEYS) states.push(await stateOf(tree, one));
  return states;
}

/** Everything that is read or replaced, as far as it is there. */
async function pathsOf(tree: SecretTree): Promise<[SecretFolder, string][]> {
  const files: [SecretFolder, string][] = [
    ...SERVICE_KEYS.flatMap(({ folder, file }): [SecretFolder, string][] => [
      [folder, ''],
      [folder, file],
      [folder, nextOf(file)],
    ]),
    ...LIST_HOLDERS.flatMap((holder): [SecretFolder, string][] => [
      [holder, ''],
      [holder, LIST_FILE],
    ]),
    ['backups', ''],
  ];
  const found = await Promise.all(files.map(([folder, file]) => isThere(tree, folder, file)));
  return files.filter((_, index) => found[index]);
}

/** What killed runs left holds keys that nobody would ever remove. */
async function removeKeyTemporaries(tree: SecretTree): Promise<void> {
  const ours = (folder: SecretFolder, files: string[]) => ({
    folder,
    isOurs: (file: string) => files.includes(file),
  });
  const places = [
    ...SERVICE_KEYS.map(({ folder, file }) => ours(folder, [file, nextOf(file)])),
    ...LIST_HOLDERS.map((holder) => ours(holder, [LIST_FILE])),
    { folder: 'backups' as const, isOurs: isBackup },
  ];
  for (const { folder, isOurs } of places)
    if (await isThere(tree, folder, '')) await removeTemporaries(join(tree.root, folder), isOurs);
}

async function undo(tree: SecretTree): Promise<void> {
  const waiting = new Set<ServiceName>();
  for (const one of SERVICE_KEYS) if ((await keysOf(tree, one)).next) waiting.add(one.service);
  await writeLists(tree, { withNext: false, keepsOld: (service) => !waiting.has(service) });
  for (const one of SERVICE_KEYS) await removeNext(tree, one);
}

async function generate(tree: SecretTree, one: ServiceKey): Promise<void> {
  const { folder, file, kind } = one;
  if (await readSecret(tree, folder, file)) return;
  if (await readSecret(tree, folder, nextOf(file))) return await promote(tree, one);
  await openFolder(tree, folder);
  await writeSecret(tree, { folder, file, content: generateApiKey(kind).key });
}

async function makeNext(
  tree: SecretTree,
  { service, folder, file, kind }: (typeof SERVICE_KEYS)[number],
  nowMs: number,
): Promise<void> {
  if (await readSecret(tree, folder, nextOf(file))) return;
  const current = await readSecret(tree, folder, file);
  if (current) await backUpKey(tree, { service, key: current.toString(), nowMs });
  await writeSecret(tree, { folder, file: nextOf(file), content: generateApiKey(kind).key });
}

async function promote(tree: SecretTree, { folder, file }: ServiceKey): Promise<void> {
  if (!(await readSecret(tree, folder, nextOf(file)))) return;
  const path = join(tree.root, folder, file);
  await rename(nextOf(path), path);
}

const removeNext = (tree: SecretTree, { folder, file }: ServiceKey) =>
  rm(join(tree.root, folder, nextOf(file)), { force: true });

interface ListChoices {
  /** Whose keys are listed; those of others where one of the lists has them already. */
  newly?: readonly ServiceName[];
  withNext: boolean;
  /** Whether what a list had before stays beside the keys of a service. */
  keepsOld: (service: ServiceName) => boolean;
}

/** Both lists hold the same, made from the keys themselves. */
async function writeLists(tree: SecretTree, { newly = [], withNext, keepsOld }: ListChoices): Promise<void> {
  const list: ServiceKeyList = [];
  for (const one of SERVICE_KEYS) {
    const { current, next } = await keysOf(tree, one);
    const listed = Object.values(await listedOf(tree, one.service)).flat();
    for (const found of [current, withNext ? next : undefined]) {
      if (!found) continue;
      const entry = listEntry(one, found.key);
      const isListed = listed.some(({ sha256 }) => sha256 === entry.sha256);
      if (isListed || newly.includes(one.service)) list.push(entry);
    }
    if (keepsOld(one.service)) list.push(...listed);
  }
  const unique = new Map(list.map((entry) => [entry.sha256, entry]));
  const content = listText([...unique.values()]);
  for (const folder of LIST_HOLDERS) {
    // Where nothing changes nothing is written: what is undone on a full disk has no room for it.
    const before = await readSecret(tree, folder, LIST_FILE);
    if (before?.toString() !== content) await writeSecret(tree, { folder, file: LIST_FILE, content });
  }
}

/** What each holder's list has of a service. */
async function listedOf(tree: SecretTree, service: ServiceName) {
  const listed: Record<(typeof LIST_HOLDERS)[number], ServiceKeyList> = { api: [], worker: [] };
  for (const holder of LIST_HOLDERS) {
    const text = await readSecret(tree, holder, LIST_FILE);
    const list = text ? ServiceKeyList.parse(JSON.parse(text.toString())) : [];
    listed[holder] = list.filter((entry) => entry.service === service);
  }
  return listed;
}

async function stateOf(tree: SecretTree, one: (typeof SERVICE_KEYS)[number]): Promise<KeyState> {
  const { service } = one;
  const { api, worker } = await listedOf(tree, service);
  const names = (list: ServiceKeyList): KeyName[] =>
    list.map(({ kind, prefix, sha256 }) => ({
      keyPrefix: `ok_${kind}_${prefix}`,
      fingerprint: sha256.slice(0, 16),
    }));
  const listed = { api: names(api), worker: names(worker) };
  return { service, ...(await keysOf(tree, one)), listed, backups: await listBackups(tree, service) };
}

async function keysOf(tree: SecretTree, { folder, file }: ServiceKey) {
  const read = async (name: string): Promise<KeyInFile | undefined> => {
    const key = (await readSecret(tree, folder, name))?.toString();
    if (key === undefined) return undefined;
    const { mtime } = await stat(join(tree.root, folder, name));
    return { key, ...nameOfKey(key), writtenAt: mtime.toISOString() };
  };
  return { current: await read(file), next: await read(nextOf(file)) };
}
