import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CHECKOUT } from '../lib/checkout.ts';
import { commandList } from '../lib/commandList.ts';
import { staleFiles } from '../reference.ts';
import { referencePages } from './pages.ts';

// Made by ./stack bench, since their figures are of one machine.
const MEASURED = ['benchmarks.md', 'bundle-benchmarks.md'];

describe('what ./stack reference writes', () => {
  test('says what the code says: mend it with ./stack reference', async () => {
    expect(Object.keys(await staleFiles(commandList))).toEqual([]);
  });

  test('is all that docs/reference holds', async () => {
    const made = Object.keys(await referencePages(commandList)).map((path) => basename(path));
    const found = await readdir(join(CHECKOUT, 'docs', 'reference'));
    expect(found.filter((name) => !made.includes(name) && !MEASURED.includes(name))).toEqual([]);
  });
});
