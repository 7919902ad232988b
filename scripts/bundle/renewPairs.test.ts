import { X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issue, makeAuthority } from './certificates.ts';
import { IDENTITIES, type IdentityName } from './identities.ts';
import { makeSecrets } from './makeSecrets.ts';
import { renewPairs } from './renewPairs.ts';
import type { SecretTree } from './secretFiles.ts';

const DAY_MS = 86_400_000;
const isRoot = process.getuid?.() === 0;
let tree: SecretTree;

const at = (days: number) => Date.now() + days * DAY_MS;
const look = (nowMs = Date.now()) => renewPairs({ tree, renew: [], nowMs });
const renew = (...names: IdentityName[]) => renewPairs({ tree, renew: names, nowMs: Date.now() });
const path = (file: string) => join(tree.root, file);
const read = (file: string) => readFile(path(file), 'utf8');
const dueOf = async (nowMs?: number) =>
  Object.fromEntries(
    (await look(nowMs)).pairs.flatMap(({ identity, due }) => (due === undefined ? [] : [[identity, due]])),
  );

describe.skipIf(!isRoot)(`renewal${isRoot ? '' : ' (skipped: needs root, to give files away)'}`, () => {
  beforeEach(async () => {
    tree = { root: await mkdtemp(join(tmpdir(), 'origin-stack-renew-')), operatorUid: 0 };
    await makeSecrets(tree);
  });
  afterEach(() => rm(tree.root, { recursive: true, force: true }));

  it('is due with a third or less of the life left, and not a day before', async () => {
    expect(await dueOf()).toEqual({});
    expect(await dueOf(at(242))).toEqual({});
    expect(Object.keys(await dueOf(at(244)))).toEqual(IDENTITIES.map(({ name }) => name));
    expect((await dueOf(at(366))).redis).toMatch(/^it ended on \d{4}-\d\d-\d\d$/);
  });

  it('gives a new pair of the same names, owner and mode, by the same authority, and leaves the others', async () => {
    const [before, other] = [
      new X509Certificate(await read('postgres/tls.crt')),
      await read('redis/tls.crt'),
    ];
    const { pairs } = await renew('postgres');
    const after = new X509Certificate(await read('postgres/tls.crt'));
    expect(after.serialNumber).not.toBe(before.serialNumber);
    expect(pairs.find(({ identity }) => identity === 'postgres')?.serial).toBe(after.serialNumber);
    expect(after.subject).toBe(before.subject);
    expect(after.subjectAltName).toBe(before.subjectAltName);
    expect(after.verify(new X509Certificate(await read('ca/ca.crt')).publicKey)).toBe(true);
    expect(after.publicKey.equals(before.publicKey)).toBe(false);
    expect(await read('redis/tls.crt')).toBe(other);
    for (const file of ['postgres/tls.crt', 'postgres/tls.key']) {
      expect(await stat(path(file))).toMatchObject({ uid: 10070, gid: 10070, mode: 0o100400 });
    }
    expect(await dueOf()).toEqual({});
  });

  it('finds what a run left that was killed between key and certificate, and mends it', async () => {
    const half = await issue(
      { certificate: await read('ca/ca.crt'), key: await read('ca/ca.key') },
      { commonName: 'vault', names: ['vault', 'localhost'], days: 365 },
    );
    await writeFile(path('vault/tls.key'), half.key);
    await writeFile(path('vault/tls.crt.0123456789ab.tmp'), half.certificate);
    expect(await dueOf()).toEqual({ vault: 'its key is of another certificate' });
    await renew('vault');
    expect(await dueOf()).toEqual({});
    expect((await readdir(path('vault'))).filter((file) => file.endsWith('.tmp'))).toEqual([]);
  });

  it('is due for what cannot be used: cut off, missing, of another authority or name', async () => {
    const stranger = await makeAuthority('Origin Stack internal CA', 365);
    const put = async (folder: string, pair: { certificate: string; key: string }) => {
      await writeFile(path(`${folder}/tls.crt`), pair.certificate);
      await writeFile(path(`${folder}/tls.key`), pair.key);
    };
    const own = { certificate: await read('ca/ca.crt'), key: await read('ca/ca.key') };
    await put('redis', await issue(stranger, { commonName: 'redis', names: ['redis'], days: 365 }));
    await put('cron', await issue(own, { commonName: 'nobody', names: ['cron'], days: 365 }));
    await put('api', await issue(own, { commonName: 'origin_api', names: ['api-a'], days: 365 }));
    await writeFile(path('minio/tls.crt'), (await read('minio/tls.crt')).slice(0, 300));
    await rm(path('worker/tls.key'));
    const due = await dueOf();
    expect(due).toEqual({
      redis: 'it is not by the internal authority',
      cron: 'it names CN=nobody, not CN=cron',
      api: 'it does not name api-b',
      minio: 'it cannot be read',
      worker: 'a part of it is missing',
    });
    await renew(...(Object.keys(due) as IdentityName[]));
    expect(await dueOf()).toEqual({});
  });

  it.each([
    [
      'a linked key',
      'symbolic link',
      async () => {
        await rename(path('redis/tls.key'), path('redis/elsewhere'));
        await symlink(path('redis/elsewhere'), path('redis/tls.key'));
      },
    ],
    [
      'a linked folder',
      'symbolic link',
      async () => {
        await rename(path('redis'), path('elsewhere'));
        await symlink(path('elsewhere'), path('redis'));
      },
    ],
    ['a key that others may read', 'chmod 400', () => chmod(path('redis/tls.key'), 0o444)],
    ['an authority that others may read', 'chmod 400', () => chmod(path('ca/ca.key'), 0o440)],
    ['a folder that others may enter', 'chmod 700', () => chmod(path('redis'), 0o755)],
  ])('refuses %s before anything is written', async (_, why, sabotage) => {
    const before = await read('api/tls.crt');
    await sabotage();
    await expect(renew('api', 'redis')).rejects.toMatchObject({
      name: 'PreconditionError',
      why: expect.stringContaining(why),
    });
    expect(await read('api/tls.crt')).toBe(before);
  });

  it('refuses an authority that is over or missing', async () => {
    await expect(look(at(3_700))).rejects.toThrow('the internal authority ended on');
    await rm(path('ca/ca.key'));
    await expect(look()).rejects.toMatchObject({ message: expect.stringContaining('ca.key is not there') });
  });

  it('lets no certificate outlive the authority', async () => {
    const short = await makeAuthority('Origin Stack internal CA', 30);
    await writeFile(path('ca/ca.crt'), short.certificate);
    await writeFile(path('ca/ca.key'), short.key);
    const { pairs, authorityValidTo } = await renew('redis');
    const redis = pairs.find(({ identity }) => identity === 'redis');
    expect(redis?.due).toBeUndefined();
    expect(Date.parse(redis?.validTo ?? '')).toBeLessThanOrEqual(Date.parse(authorityValidTo));
  });
});
