import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFileAtomically } from './writeFileAtomically.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'origin-stack-atomic-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('writeFileAtomically', () => {
  it('replaces the content and sets the mode, and leaves no other file', async () => {
    const file = join(dir, 'state');
    await writeFile(file, 'old');
    await writeFileAtomically(file, 'new', { mode: 0o400 });
    expect(await readFile(file, 'utf8')).toBe('new');
    expect((await stat(file)).mode & 0o777).toBe(0o400);
    expect(await readdir(dir)).toEqual(['state']);
  });

  it('leaves the target and the directory as they were when it fails', async () => {
    const occupied = join(dir, 'occupied');
    await mkdir(join(occupied, 'inside'), { recursive: true });
    await expect(writeFileAtomically(occupied, 'new')).rejects.toThrow();
    expect(await readdir(dir)).toEqual(['occupied']);
  });

  it('never shows a reader a part: twenty writers, one whole content at every look', async () => {
    const file = join(dir, 'state');
    const contents = Array.from({ length: 20 }, (_, index) => String(index % 10).repeat(200_000));
    await writeFileAtomically(file, contents[0]!);
    let writing = true;
    const writes = Promise.all(contents.map((content) => writeFileAtomically(file, content))).then(() => {
      writing = false;
    });
    let looks = 0;
    while (writing) {
      expect(contents).toContain(await readFile(file, 'utf8'));
      looks += 1;
    }
    await writes;
    expect(looks).toBeGreaterThan(1);
  });
});
