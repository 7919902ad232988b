import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import type { KeyProvider } from '../../domain/ports.ts';
import { signingJwk } from './signingJwk.ts';
import { VaultError } from './vaultError.ts';
import { openVaultSession, type VaultSession, type VaultSessionOptions } from './vaultSession.ts';

/** Names of keys in a transit engine. */
export interface VaultPepperOptions extends VaultSessionOptions {
  /** Where the transit engine is mounted. */
  mount: string;
  /** Any kind that gives HMACs. */
  pepperKeyId: string;
}

export interface VaultOptions extends VaultPepperOptions {
  /** RSA of 2048, 3072 or 4096 bits. */
  signingKeyId: string;
  /** Symmetric. */
  wrappingKeyId: string;
}

const WRAPPED = /^vault:v\d{1,9}:[A-Za-z0-9+/]+={0,2}$/;
/**
 * The version of the pepper key that is used for ever. Every API key and blind index was made under it: a rotated pepper
 * would be a wrong one, with which no process starts, so a rotation of this key has no effect.
 */
const PEPPER_VERSION = 1;

const PublicKey = z.object({
  latest_version: z.number().int().positive(),
  keys: z.record(z.string(), z.object({ public_key: z.string() })),
});

/**
 * Keys in the transit engine of Vault or OpenBao, which never leave it. The version of the signing key that is the latest
 * now signs until the process ends, whatever is rotated meanwhile: `kid` and signature belong together, and a new version
 * comes into force with the next start. Rejects with `VaultError` where Vault is away or sealed or refuses.
 * Needs the policy of the paths that stand below.
 */
export async function openVault(options: VaultOptions): Promise<KeyProvider> {
  const ask = openVaultSession(options);
  const at = pathsOf(options);
  const readSigningKey = () => ask({ path: at('keys', options.signingKeyId), answer: PublicKey });
  const { latest_version: version, keys } = await readSigningKey();
  const pem = keys[version]?.public_key;
  if (!pem) throw new VaultError({ operation: 'public key', code: 'IncompleteAnswer', status: 200 });
  const wrap = async (plaintext: Uint8Array) => {
    const { ciphertext } = await ask({
      path: at('encrypt', options.wrappingKeyId),
      body: { plaintext: base64(plaintext) },
      answer: z.object({ ciphertext: z.string().regex(WRAPPED) }),
    });
    return ciphertext;
  };
  const mac = macOf(ask, options);
  return {
    name: 'vault',
    signingKey: signingJwk(createPublicKey(pem)),
    async sign(input) {
      const prefix = `vault:v${version}:`;
      const { signature } = await ask({
        path: at('sign', options.signingKeyId),
        body: {
          input: base64(input),
          key_version: version,
          hash_algorithm: 'sha2-256',
          signature_algorithm: 'pss',
          // Vault's default is the longest salt, which is not PS256.
          salt_length: 'hash',
          marshaling_algorithm: 'jws',
        },
        answer: z.object({ signature: z.string().startsWith(prefix) }),
      });
      return Buffer.from(signature.slice(prefix.length), 'base64url');
    },
    wrap,
    async unwrap(wrapped) {
      if (!WRAPPED.test(wrapped)) throw new Error('not a key that Vault wrapped');
      const { plaintext } = await ask({
        path: at('decrypt', options.wrappingKeyId),
        body: { ciphertext: wrapped },
        answer: z.object({ plaintext: z.string() }),
      });
      return Buffer.from(plaintext, 'base64');
    },
    mac,
    // Not Vault's health, which is well while it is sealed; a signature would cost more than readiness is worth.
    async check() {
      await Promise.all([readSigningKey(), wrap(Buffer.from('readiness')), mac('readiness')]);
    },
  };
}

/** The pepper alone, for operators' commands, whose policy has no more. It asks nothing before it is called. */
export function openVaultPepper(options: VaultPepperOptions): Pick<KeyProvider, 'mac'> {
  return { mac: macOf(openVaultSession(options), options) };
}

function macOf(ask: VaultSession, options: VaultPepperOptions): KeyProvider['mac'] {
  const { pepperKeyId } = options;
  const prefix = `vault:v${PEPPER_VERSION}:`;
  return async (label) => {
    const { hmac } = await ask({
      path: pathsOf(options)('hmac', pepperKeyId),
      body: { input: base64(Buffer.from(label)), algorithm: 'sha2-256', key_version: PEPPER_VERSION },
      answer: z.object({ hmac: z.string().startsWith(prefix) }),
    });
    const mac = Buffer.from(hmac.slice(prefix.length), 'base64');
    return { keyId: `vault:${pepperKeyId}:v${PEPPER_VERSION}`, mac };
  };
}

const pathsOf =
  ({ mount }: { mount: string }) =>
  (operation: string, keyId: string) =>
    `${mount.replace(/^\/+|\/+$/g, '')}/${operation}/${encodeURIComponent(keyId)}`;

const base64 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
