import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { CHECKOUT } from '../lib/checkout.ts';
import { hashInputs } from './hashInputs.ts';
import { findImage } from './imageList.ts';

const dir = mkdtempSync(join(tmpdir(), 'origin-images-test-'));
afterAll(() => rmSync(dir, { recursive: true }));
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text);
};
beforeEach(() => {
  rmSync(dir, { recursive: true });
  mkdirSync(dir);
  cpSync(join(CHECKOUT, 'compose/images'), join(dir, 'compose/images'), { recursive: true });
  for (const input of findImage('app').inputs ?? []) {
    write(/\.\w+$/.test(input) ? input : `${input}/src/file.ts`, input);
  }
});

it('is the same for the same files', async () => {
  expect(await hashInputs(dir, 'app')).toBe(await hashInputs(dir, 'app'));
});

it.each([
  ['a source', 'api/src/file.ts'],
  ['the lock file', 'package-lock.json'],
  ["the parent's Dockerfile", 'compose/images/base/Dockerfile'],
])('changes with %s', async (_what, path) => {
  const before = await hashInputs(dir, 'app');
  write(path, 'another');
  expect(await hashInputs(dir, 'app')).not.toBe(before);
});

it('changes when a script becomes executable', async () => {
  write('api/src/run', 'x');
  const before = await hashInputs(dir, 'app');
  chmodSync(join(dir, 'api/src/run'), 0o755);
  expect(await hashInputs(dir, 'app')).not.toBe(before);
});

it('stays with what no image takes: tests, hidden files, another image', async () => {
  const before = await hashInputs(dir, 'app');
  write('api/src/file.test.ts', 'a test');
  write('api/test/more.ts', 'a test');
  write('api/.cache/x', 'x');
  write('compose/images/redis/redis.conf', 'another');
  expect(await hashInputs(dir, 'app')).toBe(before);
});
