import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { PreconditionError } from '../lib/commandErrors.ts';
import { readGiven } from './readGiven.ts';

const folder = mkdtempSync(join(tmpdir(), 'read-given-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('a file that an operator names loses its byte order mark and nothing else', async () => {
  const file = join(folder, 'secret');
  for (const [written, read] of [
    ['\ufeffhunter2\r\n', 'hunter2\r\n'],
    [' a\ufeffb', ' a\ufeffb'],
  ] as const) {
    writeFileSync(file, written);
    expect(await readGiven(file, 'again')).toBe(read);
  }
  await expect(readGiven(join(folder, 'none'), 'again')).rejects.toThrow(PreconditionError);
});
