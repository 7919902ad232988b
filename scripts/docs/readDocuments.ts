import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKOUT } from '../lib/checkout.ts';

/** A document by its path from the root of the checkout. */
export interface Document {
  path: string;
  text: string;
}

const LEFT_OUT = new Set(['node_modules', '.stack', '.git', '.venv', 'coverage']);

/** Every Markdown file of the checkout, and the NOTICE. */
export async function readDocuments(): Promise<Document[]> {
  const paths = ['NOTICE', ...(await markdownBelow(''))];
  return Promise.all(
    paths.sort().map(async (path) => ({ path, text: await readFile(join(CHECKOUT, path), 'utf8') })),
  );
}

async function markdownBelow(folder: string): Promise<string[]> {
  const entries = await readdir(join(CHECKOUT, folder), { withFileTypes: true });
  const found = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return LEFT_OUT.has(entry.name) ? [] : markdownBelow(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
  return (await Promise.all(found)).flat();
}
