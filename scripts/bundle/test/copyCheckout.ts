import { cp } from 'node:fs/promises';
import { relative } from 'node:path';
import { CHECKOUT } from '../../lib/checkout.ts';

/** What a fresh checkout has not. */
const LEFT_OUT = new Set([
  'node_modules',
  '.git',
  '.stack',
  '.venv',
  '.env',
  'secrets',
  'textfile',
  'coverage',
]);

/** Copies this checkout, as it is now, to where nothing was installed or built yet. */
export async function copyCheckout(target: string): Promise<void> {
  const filter = (path: string) => {
    const parts = relative(CHECKOUT, path).split('/');
    return !parts.some((part) => LEFT_OUT.has(part));
  };
  await cp(CHECKOUT, target, { recursive: true, filter, verbatimSymlinks: true });
}
