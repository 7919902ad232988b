import { fromBase64Url, toBase64Url } from './base64.ts';
import { canonicalJson } from './canonicalJson.ts';
import { JwsError } from './jwsError.ts';

/** A public key as a JWKS lists it: RSA or another type, with further members or without some. */
export type PublicJwk = {
  kty: string;
  n?: string;
  e?: string;
  kid?: string;
  alg?: string;
  use?: string;
  key_ops?: readonly string[];
};

/** A key set as `/.well-known/jwks.json` gives it. */
export type PublicJwks = { keys: readonly PublicJwk[] };

/** A key that can verify PS256. */
export type Ps256Jwk = PublicJwk & { n: string; e: string; kid: string };

type RsaKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** The key's RFC 7638 thumbprint, SHA-256 as base64url, computed from `n` and `e`. */
export async function jwkThumbprint(jwk: PublicJwk & { n: string; e: string }): Promise<string> {
  const members = canonicalJson({ e: jwk.e, kty: jwk.kty, n: jwk.n });
  return toBase64Url(
    new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(members))),
  );
}

/**
 * The keys of a set that can verify PS256: RSA of 2048 to 4096 bits with e = 65537, for no other algorithm or use. What else a
 * set holds is ignored, as RFC 7517 sections 4 and 5 ask for: other key types, unknown members, keys without a name.
 * Throws {@link JwsError} `key_refused` where it is no key set.
 */
export function ps256Keys(jwks: PublicJwks): Ps256Jwk[] {
  const keys: unknown = Object(jwks).keys;
  if (!Array.isArray(keys)) throw new JwsError('key_refused', 'the JWKS has no list of keys');
  return keys.filter(isPs256Key);
}

function isPs256Key(key: unknown): key is Ps256Jwk {
  const { kty, n, e, kid, alg = 'PS256', use = 'sig', key_ops = ['verify'] } = Object(key);
  if (kty !== 'RSA' || alg !== 'PS256' || use !== 'sig' || typeof kid !== 'string') return false;
  if (!Array.isArray(key_ops) || !key_ops.includes('verify')) return false;
  const modulus = typeof n === 'string' ? fromBase64Url(n) : null;
  return (
    modulus !== null && e === 'AQAB' && modulus.length >= 256 && modulus.length <= 512 && modulus[0] !== 0
  );
}

/**
 * The key of `jwks` named `kid`, ready to verify PS256. Throws {@link JwsError} `unknown_kid` (fetch the
 * JWKS once more, limited) or `key_refused`: keys of that name are there and none can verify PS256, or two
 * that can are different.
 */
export async function importPs256Key(jwks: PublicJwks, kid: string): Promise<RsaKey> {
  const [jwk, ...others] = ps256Keys(jwks).filter((key) => key.kid === kid);
  if (jwk === undefined) {
    if (jwks.keys.some((key) => Object(key).kid === kid)) {
      throw new JwsError(
        'key_refused',
        'the key is not RSA of 2048 to 4096 bits, e = 65537, for PS256 signatures',
      );
    }
    throw new JwsError('unknown_kid', `no key with kid ${JSON.stringify(kid)} in the JWKS`);
  }
  if (others.some((other) => other.n !== jwk.n)) {
    throw new JwsError('key_refused', 'two different keys with one kid');
  }
  const algorithm = { name: 'RSA-PSS', hash: 'SHA-256' };
  return crypto.subtle.importKey('jwk', { kty: 'RSA', n: jwk.n, e: jwk.e }, algorithm, false, ['verify']);
}
