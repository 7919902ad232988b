import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CHECKOUT } from '../lib/checkout.ts';
import { commandList } from '../lib/commandList.ts';
import { stalePages } from '../reference.ts';
import { referencePages } from './pages.ts';

// Made by ./stack bench, since their figures are of one machine.
const MEASURED = ['benchmarks.md', 'bundle-benchmarks.md'];

describe('docs/reference', () => {
  test('says what the code says: mend it with ./stack reference', async () => {
    expect(Object.keys(await stalePages(commandList))).toEqual([]);
  });

  test('holds no page that the code does not make', async () => {
    const made = Object.keys(await referencePages(commandList));
    const found = await readdir(join(CHECKOUT, 'docs', 'reference'));
    expect(found.filter((name) => !made.includes(name) && !MEASURED.includes(name))).toEqual([]);
  });
});
