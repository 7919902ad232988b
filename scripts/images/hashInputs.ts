import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { productVersion } from '@origin-stack/core/infra/productVersion';
import { CHECKOUT } from '../lib/checkout.ts';
import { findImage, imageList, imageTag } from './imageList.ts';
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

/** Hexadecimal digits of the hash that stand in a tag: enough that two inputs on one host never share it. */
const TAG_DIGITS = 12;

/** Two checkouts share an image where it is made of the same, and none takes the other's name. */
export const tagOf = (hash: string): string => `${productVersion}-${hash.slice(0, TAG_DIGITS)}`;

/** What an image that is built from this checkout is called. */
export async function imageReference(name: string): Promise<string> {
  return imageTag(name, tagOf(await hashInputs(CHECKOUT, name)));
}

/** The hash of every image's inputs, by its name. */
export async function hashEveryImage(checkout: string): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (const { name } of imageList) hashes.set(name, await hashInputs(checkout, name));
  return hashes;
}

async function contentOf(checkout: string, { path, isLink }: InputFile): Promise<string> {
  if (isLink) return `link ${await readlink(join(checkout, path))}`;
  return createHash('sha256')
    .update(await readFile(join(checkout, path)))
    .digest('hex');
}
