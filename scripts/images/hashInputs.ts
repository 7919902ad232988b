import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { findImage } from './imageList.ts';

/** What .dockerignore keeps out of directories that enter an image. */
const ignored = (path: string): boolean =>
  path.endsWith('.test.ts') ||
  path.split('/').some((part) => part === 'test' || part === 'node_modules' || part.startsWith('.'));

/**
 * The hash of everything an image is made of: its own directory, its inputs and its parents' hashes. Two builds
 * with one hash differ at most in the newest patches of the packages.
 */
export async function hashInputs(checkout: string, name: string): Promise<string> {
  const image = findImage(name);
  const hash = createHash('sha256');
  for (const parent of Object.values(image.parents)) hash.update(`${await hashInputs(checkout, parent)}\n`);
  for (const input of [`compose/images/${name}`, ...(image.inputs ?? [])]) {
    for (const path of await filesBelow(checkout, input)) {
      const { mode } = await lstat(join(checkout, path));
      const executable = (mode & 0o100) !== 0;
      hash.update(`${path}\0${executable}\0${await contentOf(join(checkout, path))}\n`);
    }
  }
  return hash.digest('hex');
}

async function contentOf(path: string): Promise<string> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) return `link ${await readlink(path)}`;
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

async function filesBelow(checkout: string, path: string): Promise<string[]> {
  if (!(await lstat(join(checkout, path))).isDirectory()) return [path];
  const entries = await readdir(join(checkout, path));
  const below = entries.sort().map((entry) => `${path}/${entry}`);
  return (
    await Promise.all(below.filter((each) => !ignored(each)).map((each) => filesBelow(checkout, each)))
  ).flat();
}
