import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { KeyProvider } from '../ports.ts';

/** Keeps short secrets at rest. `context` ties a sealed text to its place: moved elsewhere it does not open. */
export interface SecretBox {
  seal(context: string, text: string): Promise<Buffer>;
  /** Rejects where the context or a byte is another, or the key provider is away. */
  open(context: string, sealed: Buffer): Promise<string>;
}

const VERSION = 1;
const HEAD_BYTES = 3;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const OPEN_KEYS = 1_000;
const OPEN_FOR_MS = 10 * 60_000;

/**
 * Envelope encryption: each secret under a data key of its own by AES-256-GCM with the context as additional
 * data, the data key wrapped by the provider. Sealed: version, length of the wrapped key (two bytes), wrapped
 * key, nonce, tag, text. Opened data keys stay in memory for ten minutes, a bounded number of them.
 */
export function createSecretBox(provider: Pick<KeyProvider, 'wrap' | 'unwrap'>): SecretBox {
  const opened = new LRUCache<string, Buffer>({ max: OPEN_KEYS, ttl: OPEN_FOR_MS });

  async function dataKey(wrapped: string): Promise<Buffer> {
    const known = opened.get(wrapped);
    if (known) return known;
    const key = Buffer.from(await provider.unwrap(wrapped));
    if (key.length !== 32) throw new Error('a wrapped data key does not hold 32 bytes');
    opened.set(wrapped, key);
    return key;
  }

  return {
    async seal(context, text) {
      const key = randomBytes(32);
      const wrapped = Buffer.from(await provider.wrap(key), 'utf8');
      const head = Buffer.alloc(HEAD_BYTES);
      head.writeUInt8(VERSION, 0);
      head.writeUInt16BE(wrapped.length, 1);
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([head, wrapped, nonce, cipher.getAuthTag(), body]);
    },
    async open(context, sealed) {
      const { wrapped, nonce, tag, body } = parts(sealed);
      const key = await dataKey(wrapped);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(context)).setAuthTag(tag);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    },
  };
}

function parts(sealed: Buffer) {
  if (sealed.length < HEAD_BYTES || sealed.readUInt8(0) !== VERSION) {
    throw new Error('not a secret that this box sealed');
  }
  const nonceAt = HEAD_BYTES + sealed.readUInt16BE(1);
  const tagAt = nonceAt + NONCE_BYTES;
  const bodyAt = tagAt + TAG_BYTES;
  if (sealed.length < bodyAt) throw new Error('a sealed secret was cut short');
  return {
    wrapped: sealed.toString('utf8', HEAD_BYTES, nonceAt),
    nonce: sealed.subarray(nonceAt, tagAt),
    tag: sealed.subarray(tagAt, bodyAt),
    body: sealed.subarray(bodyAt),
  };
}
