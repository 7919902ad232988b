import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { CHECKOUT } from '../../lib/checkout.ts';
import { createProgress } from '../../lib/progress.ts';
import { recordDocker } from '../../lib/test/recordDocker.ts';
import { writeChecksums } from './checksums.ts';
import { type ImageInputs, imageInputs } from './imageInputs.ts';
import { IMAGES_FILE, INPUTS_FILE, SBOM_FILE } from './layout.ts';
import { loadImages } from './loadImages.ts';

let root: string;
/** What the engine was told. */
let log: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'origin-load-'));
  log = recordDocker(root);
  onTestFinished(() => rmSync(root, { recursive: true }));
});

/** A small archive of the form that ./stack bundle writes, with images that are none. */
async function pack(inputs: ImageInputs): Promise<string> {
  const folder = join(root, 'origin-stack-0');
  mkdirSync(join(folder, 'bundle'), { recursive: true });
  const files = { [IMAGES_FILE]: 'images', [SBOM_FILE]: '{}', [INPUTS_FILE]: JSON.stringify(inputs) };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  await writeChecksums(folder);
  const archive = join(root, 'o.tar');
  execFileSync('tar', ['-cf', archive, '-C', root, 'origin-stack-0']);
  return archive;
}

const load = (given: string) => {
  const progress = createProgress({ write: () => undefined, live: false, color: false });
  return loadImages(given, { progress, signal: new AbortController().signal });
};

test('loads the images of this checkout, from the archive and from its folder', async () => {
  await load(await pack(await imageInputs(CHECKOUT)));
  await load(join(root, 'origin-stack-0'));
  const loaded = readFileSync(log, 'utf8').trim().split('\n');
  expect(loaded).toHaveLength(2);
  for (const line of loaded) expect(line).toMatch(new RegExp(`^load --quiet --input .*/${IMAGES_FILE}$`));
  expect(readdirSync(root).filter((name) => name.startsWith('.origin'))).toEqual([]);
});

test('refuses images that were made from other files before the engine is told anything', async () => {
  const { redis: _, ...others } = await imageInputs(CHECKOUT);
  await expect(load(await pack({ ...others, app: 'another' }))).rejects.toMatchObject({
    exitCode: 3,
    why: 'app, redis were made from other files',
    next: expect.stringContaining('unpack the archive'),
  });
  expect(existsSync(log)).toBe(false);
});

test('refuses an archive whose list of inputs is another than was packed, or is missing', async () => {
  await pack(await imageInputs(CHECKOUT));
  const folder = join(root, 'origin-stack-0');
  writeFileSync(join(folder, INPUTS_FILE), '{}');
  await expect(load(folder)).rejects.toThrow(`the bundle is damaged: ${INPUTS_FILE}`);
  rmSync(join(folder, INPUTS_FILE));
  await expect(load(folder)).rejects.toMatchObject({ exitCode: 3, why: 'it is not there' });
  expect(existsSync(log)).toBe(false);
});
