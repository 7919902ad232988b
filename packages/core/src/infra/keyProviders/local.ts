import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { KeyProvider } from '../../domain/ports.ts';
import { signingJwk } from './signingJwk.ts';

const MASTER_FILE = 'master.key';
const WRAPPED = /^local:v1:([A-Za-z0-9+/=]+)$/;

export interface LocalKeyOptions {
  /** Folder that holds `master.key` and one `<id>.pem` a signing key. */
  path: string;
  /** The signing key to use. */
  signingKeyId: string;
  /** Random per installation. */
  salt: string;
}

/** Makes the files of the local provider, 0400, where they are not there yet. */
export async function createLocalKeys(options: {
  path: string;
  signingKeyId: string;
  bits: number;
}): Promise<void> {
  await mkdir(options.path, { recursive: true, mode: 0o700 });
  const signingFile = join(options.path, `${options.signingKeyId}.pem`);
  // A key pair takes a second of computing: none is made to be thrown away.
  if (!existsSync(signingFile)) {
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: options.bits });
    await writeOnce(signingFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  }
  await writeOnce(join(options.path, MASTER_FILE), randomBytes(32).toString('base64'));
}

async function writeOnce(file: string, content: string | Buffer): Promise<void> {
  await writeFile(file, content, { flag: 'wx', mode: 0o400 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

async function readKeyFile(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const what =
      error.code === 'ENOENT' ? 'is missing: put it back from a backup' : `cannot be read: ${error.code}`;
    throw new Error(`the key file ${file} ${what}`);
  });
}

/** Keys in files, for development and tests: whoever reads the files can sign and decrypt. */
export async function openLocalKeys(options: LocalKeyOptions): Promise<KeyProvider> {
  const pem = await readKeyFile(join(options.path, `${options.signingKeyId}.pem`));
  const masterText = await readKeyFile(join(options.path, MASTER_FILE));
  const input = Buffer.from(masterText.trim(), 'base64');
  if (input.length !== 32) throw new Error(`${MASTER_FILE} must hold 32 bytes in base64`);
  const derive = (info: string) => Buffer.from(hkdfSync('sha256', input, options.salt, info, 32));
  const master = derive('origin-stack:local-master:v1');
  const wrapping = derive('origin-stack:local-wrapping:v1');
  const privateKey = createPrivateKey(pem);
  return {
    name: 'local',
    signingKey: signingJwk(createPublicKey(privateKey)),
    sign: (bytes) => signPs256(privateKey, bytes),
    wrap: async (plaintext) => wrap(wrapping, plaintext),
    unwrap: async (wrapped) => unwrap(wrapping, wrapped),
    mac: async (label) => ({ keyId: 'local:v1', mac: createHmac('sha256', master).update(label).digest() }),
    check: async () => {},
  };
}

/** On libuv's thread pool: RSA takes milliseconds that the event loop has not. */
function signPs256(key: KeyObject, bytes: Uint8Array): Promise<Uint8Array> {
  const options = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return new Promise((resolve, reject) => {
    sign('sha256', bytes, options, (error, signature) => (error ? reject(error) : resolve(signature)));
  });
}

function wrap(key: Buffer, plaintext: Uint8Array): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return `local:v1:${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64')}`;
}

function unwrap(key: Buffer, wrapped: string): Uint8Array {
  const bytes = Buffer.from(WRAPPED.exec(wrapped)?.[1] ?? '', 'base64');
  if (bytes.length < 28) throw new Error('not a key that the local provider wrapped');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
}
