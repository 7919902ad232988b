import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findImage } from './imageList.ts';

/** What .dockerignore keeps out of directories that enter an image. */
const ignored = (path: string): boolean =>
  path.endsWith('.test.ts') ||
  path.split('/').some((part) => part === 'test' || part === 'node_modules' || part.startsWith('.'));

/** A file that enters an image; `path` is from the root of the checkout. */
export type InputFile = { path: string; isExecutable: boolean; isLink: boolean };

/** The files of one image's own directory and of its inputs, always in the same order. */
export async function inputFiles(checkout: string, name: string): Promise<InputFile[]> {
  const roots = [`compose/images/${name}`, ...(findImage(name).inputs ?? [])];
  return (await Promise.all(roots.map((root) => filesBelow(checkout, root)))).flat();
}

async function filesBelow(checkout: string, path: string): Promise<InputFile[]> {
  const found = await lstat(join(checkout, path));
  if (!found.isDirectory())
    return [{ path, isExecutable: (found.mode & 0o100) !== 0, isLink: found.isSymbolicLink() }];
  const entries = await readdir(join(checkout, path));
  const below = entries.sort().map((entry) => `${path}/${entry}`);
  return (
    await Promise.all(below.filter((each) => !ignored(each)).map((each) => filesBelow(checkout, each)))
  ).flat();
}
