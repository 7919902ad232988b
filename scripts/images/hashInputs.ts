import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { findImage } from './imageList.ts';
import { type InputFile, inputFiles } from './inputFiles.ts';

/** Of how a build is made. Another one makes other images of the same files. */
const BUILD_FORM = 'staged';

/**
 * The hash of everything an image is made of: its own directory, its inputs and its parents' hashes. Two builds
 * with one hash differ at most in the newest patches of the packages.
 */
export async function hashInputs(checkout: string, name: string): Promise<string> {
  const hash = createHash('sha256').update(`${BUILD_FORM}\n`);
  for (const parent of Object.values(findImage(name).parents))
    hash.update(`${await hashInputs(checkout, parent)}\n`);
  for (const file of await inputFiles(checkout, name)) {
    hash.update(`${file.path}\0${file.isExecutable}\0${await contentOf(checkout, file)}\n`);
  }
  return hash.digest('hex');
}

async function contentOf(checkout: string, { path, isLink }: InputFile): Promise<string> {
  if (isLink) return `link ${await readlink(join(checkout, path))}`;
  return createHash('sha256')
    .update(await readFile(join(checkout, path)))
    .digest('hex');
}
