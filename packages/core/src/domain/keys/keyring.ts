import { createHmac } from 'node:crypto';
import type { KeyProvider } from '../ports.ts';

const LABELS = {
  pepper: 'origin-stack:api-key-pepper:v1',
  blindIndex: 'origin-stack:blind-index:v1',
  requests: 'origin-stack:request-mac:v1',
  objectUrls: 'origin-stack:object-url:v1',
} as const;

export type KeyringName = keyof typeof LABELS;

/** A 32-byte HMAC key that stays in memory, and the id of the provider's key version that gave it. */
export interface MacKey {
  id: string;
  mac(text: string | Uint8Array): Buffer;
  /** Says which key this is without saying the key. */
  fingerprint: string;
}

export type Keyring = Record<KeyringName, MacKey>;

/** Derives the installation's HMAC keys from the key provider, once at start: no call per request. */
export async function openKeyring(provider: Pick<KeyProvider, 'mac'>): Promise<Keyring> {
  const entries = await Promise.all(
    Object.entries(LABELS).map(async ([name, label]) => {
      const { keyId, mac: key } = await provider.mac(label);
      const mac = (text: string | Uint8Array) => createHmac('sha256', key).update(text).digest();
      return [
        name,
        { id: keyId, mac, fingerprint: mac('fingerprint').toString('hex').slice(0, 16) },
      ] as const;
    }),
  );
  return Object.fromEntries(entries) as Keyring;
}
