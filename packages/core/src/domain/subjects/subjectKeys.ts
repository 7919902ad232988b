import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { KeyProvider } from '../ports.ts';

/** The two keys of a subject. Without them its identifier is noise and its commitments prove nothing. */
export interface SubjectKeys {
  data: Buffer;
  commitment: Buffer;
}

export interface SubjectKeyring {
  create(): Promise<{ keys: SubjectKeys; wrapped: string }>;
  open(wrapped: string): Promise<SubjectKeys>;
}

const OPEN_KEYS = 10_000;
const OPEN_FOR_MS = 10 * 60_000;

const split = (bytes: Uint8Array): SubjectKeys => ({
  data: Buffer.from(bytes.subarray(0, 32)),
  commitment: Buffer.from(bytes.subarray(32, 64)),
});

/** Makes and opens the keys of subjects; opened ones stay in memory for a while, a bounded number of them. */
export function createSubjectKeyring(provider: KeyProvider): SubjectKeyring {
  const opened = new LRUCache<string, SubjectKeys>({ max: OPEN_KEYS, ttl: OPEN_FOR_MS });
  return {
    async create() {
      const bytes = randomBytes(64);
      return { keys: split(bytes), wrapped: await provider.wrap(bytes) };
    },
    async open(wrapped) {
      const known = opened.get(wrapped);
      if (known) return known;
      const bytes = await provider.unwrap(wrapped);
      if (bytes.length !== 64) throw new Error('a wrapped subject key does not hold 64 bytes');
      const keys = split(bytes);
      opened.set(wrapped, keys);
      return keys;
    },
  };
}

/** AES-256-GCM under a subject's data key: nonce, tag, text. `context` ties it to its place: it cannot be moved. */
export function encryptField(keys: SubjectKeys, context: string, text: string): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keys.data, nonce).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** Throws where the key, the context or a byte is another. */
export function decryptField(keys: SubjectKeys, context: string, sealed: Buffer): string {
  // Without the length Node takes a tag of four bytes, which is soon guessed.
  const decipher = createDecipheriv('aes-256-gcm', keys.data, sealed.subarray(0, 12), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(sealed.subarray(12, 28));
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString('utf8');
}

/** A keyed commitment to a personal value: hex HMAC-SHA256(commitment key, field name + ":" + value). */
export function commit(keys: SubjectKeys, field: string, value: string): string {
  return createHmac('sha256', keys.commitment).update(`${field}:${value}`).digest('hex');
}
