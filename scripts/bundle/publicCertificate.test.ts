import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KeyPair, selfSigned } from './certificates.ts';
import { openPublicCertificate } from './publicCertificate.ts';

const isRoot = process.getuid?.() === 0;
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'origin-stack-certificate-'));
  for (const folder of ['nginx', 'operator']) await mkdir(join(root, folder));
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe.skipIf(!isRoot)(
  `the public certificate${isRoot ? '' : ' (skipped: needs root, to give files away)'}`,
  () => {
    const open = (name: string, brought?: KeyPair) =>
      openPublicCertificate({ root, operatorUid: 0 }, { name, brought });
    const served = () => readFile(join(root, 'nginx', 'public.crt'), 'utf8');

    it('of our own follows the public name, also to an address and back', async () => {
      const names = ['one.example', 'two.example', '192.0.2.7', 'localhost'];
      const made: string[] = [];
      for (const name of names) {
        expect(await open(name)).toMatchObject({ isSelfSigned: true });
        made.push(await served());
      }
      expect(new Set(made).size).toBe(names.length);
      await open('localhost');
      expect(await served()).toBe(made.at(-1));
    });

    it('that somebody brings is refused where it names another, with nothing changed', async () => {
      await open('one.example');
      const before = await served();
      const pair = await selfSigned('another.example', 9);
      await expect(open('one.example', pair)).rejects.toMatchObject({
        exitCode: 3,
        why: expect.stringContaining('another.example'),
      });
      expect(await served()).toBe(before);
    });
  },
);
