import { execFile, spawnSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MacKey } from '../../domain/keys/keyring.ts';
import type { ObjectStore } from '../../domain/ports.ts';
import { systemClock } from '../systemClock.ts';
import { attachmentHeader } from './attachmentHeader.ts';
import { openFilesystemObjects } from './filesystemObjects.ts';
import { verifyObjectUrl } from './objectUrl.ts';
import { objectStoreContract } from './test/objectStoreContract.ts';

const secret = randomBytes(32);
const urlKey: MacKey = {
  id: 'test',
  mac: (text) => createHmac('sha256', secret).update(text).digest(),
  fingerprint: 'test',
};

/** Serves objects as a route does: what `verifyObjectUrl` does not accept is refused. */
async function serveObjects(): Promise<{
  publicUrl: string;
  use: (store: ObjectStore) => void;
  stop(): void;
}> {
  let store: ObjectStore | undefined;
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const key = pathname.replace(/^\/objects\//, '');
    const part = (name: string) => searchParams.get(name) ?? '';
    const [name, expires, signature] = [part('name'), part('expires'), part('signature')];
    const nowSeconds = Date.now() / 1000;
    const isGenuine = verifyObjectUrl({ urlKey, key, name, expires, signature, nowSeconds });
    if (request.method !== 'GET' || !isGenuine || !store) return response.writeHead(403).end();
    response.writeHead(200, { 'content-disposition': attachmentHeader(name) }).end(await store.get(key));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    publicUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    use: (opened) => {
      store = opened;
    },
    stop: () => server.close(),
  };
}

describe('objects in the filesystem', () => {
  objectStoreContract(async (clock) => {
    const path = await mkdtemp(join(tmpdir(), 'origin-stack-objects-'));
    const { publicUrl, use, stop } = await serveObjects();
    const store = await openFilesystemObjects({ path, publicUrl: `${publicUrl}/`, urlKey, clock });
    use(store);
    const listingUrls = ['/', '/objects', '/objects/', '/objects/hidden-key'].map((at) => publicUrl + at);
    return {
      store,
      listingUrls,
      stop: async () => {
        stop();
        await rm(path, { recursive: true, force: true });
      },
    };
  });
});

describe('the folder of objects', () => {
  let path: string;
  const open = () =>
    openFilesystemObjects({ path, publicUrl: 'http://127.0.0.1:9', urlKey, clock: systemClock });
  const object = { key: 'a/b', bytes: Buffer.from('x'), contentType: 'text/plain' };

  beforeAll(async () => {
    path = join(await mkdtemp(join(tmpdir(), 'origin-stack-folder-')), 'store');
    await mkdir(path);
  });
  afterAll(() => rm(join(path, '..'), { recursive: true, force: true }));

  test('must be there when the store opens', async () => {
    const opening = openFilesystemObjects({
      path: join(path, 'none'),
      publicUrl: 'http://127.0.0.1:9',
      urlKey,
      clock: systemClock,
    });
    await expect(opening).rejects.toMatchObject({ name: 'ObjectStoreError', reason: 'missing' });
  });

  test('opens again with what it held', async () => {
    await (await open()).put(object);
    expect(Buffer.from(await (await open()).get('a/b')).toString()).toBe('x');
  });

  test('keeps nothing beside the objects, also when a write fails', async () => {
    const store = await open();
    await store.put(object);
    await expect(store.put({ ...object, key: 'a' })).rejects.toMatchObject({ reason: 'refused' });
    await expect(store.put({ ...object, key: 'a/b/c' })).rejects.toMatchObject({ reason: 'refused' });
    await store.check();
    expect(await readdir(path)).toEqual(['incoming', 'objects']);
    expect(await readdir(join(path, 'incoming'))).toEqual([]);
  });

  test('takes a folder of objects for no object when it reads and removes', async () => {
    const store = await open();
    await store.put(object);
    for (const key of ['a', 'a/b/c']) {
      await expect(store.get(key)).rejects.toMatchObject({ reason: 'missing' });
      await store.remove([key]);
    }
    expect(Buffer.from(await store.get('a/b')).toString()).toBe('x');
  });

  test('makes the store unready when it is gone, and ready when it is back', async () => {
    const store = await open();
    await rename(path, `${path}.away`);
    await expect(store.check()).rejects.toMatchObject({ reason: 'missing' });
    await expect(store.put(object)).rejects.toThrow(/put a\/b: .*the folder is gone \(ENOENT\)/);
    await rename(`${path}.away`, path);
    await expect(store.check()).resolves.toBeUndefined();
  });
});

const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

test.skipIf(!canMount)(
  'a full disk is said plainly and leaves the old object (needs mount namespaces)',
  async () => {
    const dir = await mkdtemp(join(tmpdir(), 'origin-stack-full-'));
    const script = `
    const { openFilesystemObjects } = await import(${JSON.stringify(new URL('filesystemObjects.ts', import.meta.url))});
    const clock = { now: () => '', epochMs: () => 0 };
    const store = await openFilesystemObjects({ path: process.argv[1], publicUrl: 'http://x', clock });
    const put = (bytes) => store.put({ key: 'k', bytes, contentType: 'text/plain' });
    await put(Buffer.from('old'));
    const { reason, message } = await put(Buffer.alloc(1 << 20)).catch((error) => error);
    const kept = Buffer.from(await store.get('k')).toString();
    console.log(JSON.stringify({ reason, message, kept }));`;
    const mounted = 'mount -t tmpfs -o size=64k tmpfs "$2" && exec "$0" --input-type=module -e "$1" "$2"';
    try {
      const run = promisify(execFile);
      const { stdout } = await run('unshare', ['-rm', 'sh', '-c', mounted, process.execPath, script, dir]);
      expect(JSON.parse(stdout)).toEqual({
        reason: 'full',
        message: 'filesystem objects: put k: the disk is full (ENOSPC)',
        kept: 'old',
      });
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  },
);

describe('the signature of a download URL', () => {
  const genuine = { urlKey, key: 'a/b', name: 'b.zip', expires: '1000', nowSeconds: 999 };
  const signed = (text: string) => createHmac('sha256', secret).update(text).digest('hex');
  const signature = signed('GET\na/b\nb.zip\n1000');

  test('is the hex HMAC of method, key, name and expiry, and holds until the second it names', () => {
    expect(verifyObjectUrl({ ...genuine, signature })).toBe(true);
    expect(verifyObjectUrl({ ...genuine, signature, nowSeconds: 1000 })).toBe(false);
  });

  test.each([
    ['upper-case hex', signature.toUpperCase()],
    ['a cut signature', signature.slice(0, 62)],
    ['a longer signature', `${signature}00`],
    ['no hex', 'z'.repeat(64)],
    ['none', ''],
    ['another method', signed('HEAD\na/b\nb.zip\n1000')],
  ])('is refused when it is %s', (_, other) => {
    expect(verifyObjectUrl({ ...genuine, signature: other })).toBe(false);
  });

  test.each(['', 'never', '-1', '1e9', '0x3e9', ' 1000', '01000', '9'.repeat(30), 'NaN', 'Infinity'])(
    'is refused for the expiry %j even when signed',
    (expires) => {
      const forged = signed(`GET\na/b\nb.zip\n${expires}`);
      expect(verifyObjectUrl({ ...genuine, expires, signature: forged })).toBe(false);
    },
  );
});
