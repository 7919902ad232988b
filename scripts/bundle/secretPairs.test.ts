import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { lookAtSecrets } from '../audit/secretDrift.ts';
import { makeSecrets } from './makeSecrets.ts';
import type { SecretTree } from './secretFiles.ts';
import { SECRET_PLAN } from './secretPlan.ts';
import { treeOf } from './test/snapshot.ts';

const isRoot = process.getuid?.() === 0;
const DATA = ['postgres-data', 'vault-data', 'minio-data'];

describe.skipIf(!isRoot)(`secrets that belong together${isRoot ? '' : ' (skipped: needs root)'}`, () => {
  let tree: SecretTree;
  const path = (name: string) => join(tree.root, name);
  const unfitting = async () =>
    (await lookAtSecrets(tree)).filter(({ difference }) => difference.startsWith('it does not fit'));
  const read = (name: string) => readFile(path(name), 'utf8');
  beforeEach(async () => {
    const root = await mkdtemp(join(tmpdir(), 'origin-pairs-'));
    onTestFinished(() => rm(root, { recursive: true }));
    tree = { root, operatorUid: 0 };
    await makeSecrets(tree);
  });

  it.each([
    ['postgres/api-password', ['api/database-url']],
    ['postgres/owner-password', ['migrate/database-url', 'tools/database-url']],
    ['minio/root-password', ['api/minio-secret-key', 'worker/minio-secret-key']],
    ['worker/redis-password', ['worker/redis-url', 'redis/users.acl']],
  ])('are made again together where %s is gone', async (source, derived) => {
    const before = await read(source);
    await rm(path(source));
    expect((await makeSecrets(tree, DATA)).sort()).toEqual([source, ...derived].sort());
    const after = await read(source);
    expect(after).not.toBe(before);
    for (const name of derived) if (name !== 'redis/users.acl') expect(await read(name)).toContain(after);
    expect(await makeSecrets(tree, DATA)).toEqual([]);
  });

  it('are named by the doctor where one does not fit, and written again by what counts', async () => {
    const before = await read('api/database-url');
    await writeFile(path('api/database-url'), before.replace(/:[^:@]+@/, ':other@'));
    expect(await unfitting()).toEqual([
      {
        subject: 'secrets/api/database-url',
        difference: 'it does not fit secrets/postgres/api-password',
        fix: expect.stringContaining('./stack up'),
      },
    ]);
    expect(await makeSecrets(tree, DATA)).toEqual(['api/database-url']);
    expect(await read('api/database-url')).toBe(before);
    expect(await unfitting()).toEqual([]);
  });

  it.each(SECRET_PLAN.filter(({ opens }) => opens).map(({ owner, file }) => `${owner}/${file}`))(
    'are not made beside data that only the lost %s opens, and nothing is touched',
    async (name) => {
      await rm(path(name));
      const before = await treeOf(tree.root);
      await expect(makeSecrets(tree, DATA)).rejects.toMatchObject({
        exitCode: 3,
        message: expect.stringContaining(path(name)),
        next: expect.stringMatching(/from a backup.*uninstall --data/),
      });
      expect(await treeOf(tree.root)).toEqual(before);
    },
  );

  it('are not made beside data whose secrets are all gone', async () => {
    await rm(tree.root, { recursive: true });
    await mkdir(tree.root);
    await expect(makeSecrets(tree, DATA)).rejects.toMatchObject({ exitCode: 3 });
    await makeSecrets(tree, ['nginx-log']);
  });

  it('are left as they are where a copy of what opens data is another', async () => {
    await writeFile(path('api/vault-secret-id'), 'another');
    const before = await treeOf(tree.root);
    await expect(makeSecrets(tree, DATA)).rejects.toMatchObject({
      message: expect.stringMatching(/api\/vault-secret-id is no copy of .*vault\/api-secret-id/),
    });
    expect(await treeOf(tree.root)).toEqual(before);
  });
});
