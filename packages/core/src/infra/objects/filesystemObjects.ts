import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { MacKey } from '../../domain/keys/keyring.ts';
import type { Clock, ObjectStore } from '../../domain/ports.ts';
import { attachmentHeader } from './attachmentHeader.ts';
import { checkTtlSeconds } from './checkTtlSeconds.ts';
import { objectKeyParts } from './objectKey.ts';
import { ObjectStoreError, type ObjectStoreReason } from './objectStoreError.ts';
import { signObjectUrl } from './objectUrl.ts';

export interface FilesystemObjectsOptions {
  /** A folder that is there; `objects` and `incoming` are made in it. */
  path: string;
  /** Where the API serves `/objects/<key>` to whoever may download. */
  publicUrl: string;
  urlKey: MacKey;
  clock: Clock;
}

/**
 * Objects as files, for development: one machine, no copies. A write is on the disk when `put` returns, and a
 * reader sees the old object or the new one and never a part. The content type is not kept. Rejects with
 * `ObjectStoreError` where the folder is missing.
 */
export async function openFilesystemObjects(options: FilesystemObjectsOptions): Promise<ObjectStore> {
  const { publicUrl, urlKey, clock } = options;
  const path = resolve(options.path);
  const incomingDir = join(path, 'incoming');
  const fileOf = (key: string) => join(path, 'objects', ...objectKeyParts(key));
  for (const dir of ['objects', 'incoming']) {
    await explained(`open ${path}`, () => makeDir(join(path, dir)));
  }
  return {
    name: 'filesystem',
    async put({ key, bytes }) {
      const file = fileOf(key);
      await explained(`put ${key}`, async () => {
        const temporary = await writeDurably(incomingDir, bytes);
        try {
          const topMade = await mkdir(dirname(file), { recursive: true, mode: 0o700 });
          await rename(temporary, file);
          await syncDirs(dirname(file), topMade ? dirname(topMade) : dirname(file));
        } catch (error) {
          await rm(temporary, { force: true });
          throw error;
        }
      });
    },
    async get(key) {
      const file = fileOf(key);
      return explained(`get ${key}`, () => readFile(file).catch(absentAsMissing));
    },
    async remove(keys) {
      const files = keys.map(fileOf);
      await explained('remove', async () => {
        for (const file of files) await unlink(file).catch(absentAsRemoved);
      });
    },
    async presign({ key, fileName, ttlSeconds }) {
      objectKeyParts(key);
      attachmentHeader(fileName);
      checkTtlSeconds(ttlSeconds);
      const expires = Math.floor(clock.epochMs() / 1000) + ttlSeconds;
      return signObjectUrl(urlKey, { publicUrl, key, name: fileName, expires });
    },
    async check() {
      await explained('check', async () => rm(await writeDurably(incomingDir, Buffer.from('check'))));
    },
  };
}

async function makeDir(dir: string): Promise<void> {
  await mkdir(dir, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

async function writeDurably(dir: string, bytes: Uint8Array): Promise<string> {
  const file = join(dir, randomUUID());
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return file;
  } catch (error) {
    await rm(file, { force: true }).catch(() => {});
    throw error;
  }
}

/** From `dir` up to `top`: without it a power cut may forget the new names, though the bytes are there. */
async function syncDirs(dir: string, top: string): Promise<void> {
  const handle = await open(dir, 'r');
  await handle.sync().finally(() => handle.close());
  if (dir !== top) await syncDirs(dirname(dir), top);
}

const REASONS: Record<string, [ObjectStoreReason, string]> = {
  ENOENT: ['missing', 'there is no such object, or the folder is gone'],
  EISDIR: ['refused', 'the key is a folder of other objects'],
  ENOTDIR: ['refused', 'a part of the key is an object'],
  EEXIST: ['refused', 'a part of the key is an object'],
  EACCES: ['refused', 'the folder may not be read or written'],
  EROFS: ['refused', 'the folder is read-only'],
  ENOSPC: ['full', 'the disk is full'],
  EDQUOT: ['full', 'the quota is used up'],
};

async function explained<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const code = codeOf(error);
    const [reason, text] = REASONS[code] ?? ['failed', 'the filesystem failed'];
    throw new ObjectStoreError(reason, `filesystem objects: ${what}: ${text} (${code})`);
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}

/** For one who reads or removes, a folder under the key is as much as nothing. */
const NO_OBJECT = ['ENOENT', 'EISDIR', 'ENOTDIR'];

function absentAsMissing(error: unknown): never {
  if (!NO_OBJECT.includes(codeOf(error))) throw error;
  throw Object.assign(new Error(), { code: 'ENOENT' });
}

function absentAsRemoved(error: unknown): void {
  if (!NO_OBJECT.includes(codeOf(error))) throw error;
}
