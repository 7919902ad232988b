import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recogniseServiceKey, ServiceKeyList } from '@origin-stack/core/domain/keys/serviceKeys';
import { onTestFinished } from 'vitest';
import { createProgress } from '../../../lib/progress.ts';
import { type BundleDir, locateBundle } from '../../bundleDir.ts';
import { initBundle } from '../../initBundle.ts';
import { LIST_FILE } from '../serviceKeys.ts';

/** What a command is called with that says nothing and is not interrupted. */
export const quietContext = () => ({
  progress: createProgress({ write() {}, live: false, color: false }),
  signal: new AbortController().signal,
});

/** The files of a bundle that never ran, until the test ends. */
export async function makeKeyFiles(): Promise<BundleDir> {
  const root = await mkdtemp(join(tmpdir(), 'origin-keys-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const dir = locateBundle(root);
  await initBundle(dir, { project: 'origin-keys-of-nobody' });
  return dir;
}

export const readKey = (dir: BundleDir, path: string): string =>
  readFileSync(join(dir.secrets, path), 'utf8');

/** As a kill leaves the files after `work` and before these holders' lists were written. */
export async function beforeLists(dir: BundleDir, holders: string[], work: () => Promise<unknown>) {
  const lists = holders.map((holder) => join(dir.secrets, holder, LIST_FILE));
  const before = lists.map((list) => readFileSync(list));
  await work();
  for (const [index, list] of lists.entries()) await writeFile(list, before[index] ?? '');
}

/** Whose key API and worker take it for. */
export const openedBy = (dir: BundleDir, key: string) =>
  ['api', 'worker'].map((holder) => {
    const list = ServiceKeyList.parse(JSON.parse(readKey(dir, `${holder}/service-keys.json`)));
    return recogniseServiceKey(list, key, Date.now())?.service;
  });
