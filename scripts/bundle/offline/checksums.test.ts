import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkChecksums, writeChecksums } from './checksums.ts';
import { CHECKSUMS_FILE, IMAGES_FILE, SBOM_FILE } from './layout.ts';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'origin-stack-checksums-'));
  await mkdir(join(dir, 'bundle'));
  await writeFile(join(dir, IMAGES_FILE), 'images');
  await writeFile(join(dir, SBOM_FILE), 'list');
  await writeFile(join(dir, 'stack'), 'launcher');
  await writeChecksums(dir);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

it('writes sums of every file, which sha256sum reads too', async () => {
  const checked = execFileSync('sha256sum', ['--check', CHECKSUMS_FILE], { cwd: dir, encoding: 'utf8' });
  expect(checked).toBe(`${IMAGES_FILE}: OK\n${SBOM_FILE}: OK\nstack: OK\n`);
});

it('accepts what was packed, and refuses what changed, is missing or was never listed', async () => {
  await checkChecksums(dir, [IMAGES_FILE, SBOM_FILE]);
  await writeFile(join(dir, IMAGES_FILE), 'imageS');
  await expect(checkChecksums(dir, [IMAGES_FILE])).rejects.toThrow(
    'the bundle is damaged: bundle/images.tar.gz',
  );
  await rm(join(dir, IMAGES_FILE));
  await expect(checkChecksums(dir, [IMAGES_FILE])).rejects.toMatchObject({
    exitCode: 3,
    why: 'it is not there',
  });
  await writeFile(join(dir, 'bundle/other'), 'x');
  await expect(checkChecksums(dir, ['bundle/other'])).rejects.toThrow('damaged');
});
