import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTree, writeSecret } from '../secretFiles.ts';
import { stackOf } from './stack.ts';
import { type TheBundle, theBundle } from './theBundle.ts';

/** Until now it was four minutes, which wait for what does not come. */
const BOUND_MS = 120_000;

let bundle: TheBundle;
let users: string;
const put = async (content: string) =>
  writeSecret(await openTree(bundle.dir.secrets), { folder: 'redis', file: 'users.acl', content });

beforeAll(async () => {
  bundle = await theBundle();
  users = await readFile(join(bundle.dir.secrets, 'redis', 'users.acl'), 'utf8');
});
afterAll(async () => {
  await put(users);
  expect(await stackOf(bundle)('up')).toMatchObject({ code: 0 });
}, 300_000);

it('a container that ends again and again ends up, with its own last words', async () => {
  await put('nobody knows this word\n');
  const begunMs = performance.now();
  const up = await stackOf(bundle)('up');
  expect(performance.now() - begunMs).toBeLessThan(BOUND_MS);
  expect(up).toMatchObject({ code: 3, stdout: '' });
  expect(up.stderr).toMatch(/not well: .*redis/);
  expect(up.stderr).toMatch(/users\.acl|ACL/);
  expect(up.stderr).not.toMatch(/\n\s+at /);
}, 300_000);
