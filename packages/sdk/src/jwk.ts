import { fromBase64Url, toBase64Url } from './base64.ts';
import { canonicalJson } from './canonicalJson.ts';
import { JwsError } from './jwsError.ts';

/** A public RSA key as a JWKS lists it. Further members are ignored. */
export type PublicJwk = { kty: string; n: string; e: string; kid: string; alg?: string; use?: string };

/** A key set as `/.well-known/jwks.json` gives it. */
export type PublicJwks = { keys: readonly PublicJwk[] };

type RsaKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** The key's RFC 7638 thumbprint, SHA-256 as base64url, computed from `n` and `e`. */
export async function jwkThumbprint(jwk: PublicJwk): Promise<string> {
  const members = canonicalJson({ e: jwk.e, kty: jwk.kty, n: jwk.n });
  return toBase64Url(
    new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(members))),
  );
}

/**
 * The one key of `jwks` named `kid`, ready to verify PS256. Throws {@link JwsError} `unknown_kid` (fetch the
 * JWKS once more, limited) or `key_refused`: not RSA of 2048 to 4096 bits with e = 65537, made for another
 * algorithm or use, or listed twice.
 */
export async function importPs256Key(jwks: PublicJwks, kid: string): Promise<RsaKey> {
  const [jwk, second] = jwks.keys.filter((key) => key.kid === kid);
  if (jwk === undefined)
    throw new JwsError('unknown_kid', `no key with kid ${JSON.stringify(kid)} in the JWKS`);
  if (second !== undefined) throw new JwsError('key_refused', 'two keys with one kid');
  if (jwk.kty !== 'RSA' || (jwk.alg ?? 'PS256') !== 'PS256' || (jwk.use ?? 'sig') !== 'sig') {
    throw new JwsError('key_refused', 'the key is not an RSA key for PS256 signatures');
  }
  const modulus = typeof jwk.n === 'string' ? fromBase64Url(jwk.n) : null;
  if (modulus === null || jwk.e !== 'AQAB' || modulus.length < 256 || modulus.length > 512 || !modulus[0]) {
    throw new JwsError('key_refused', 'the key is not RSA of 2048 to 4096 bits with e = 65537');
  }
  const algorithm = { name: 'RSA-PSS', hash: 'SHA-256' };
  return crypto.subtle.importKey('jwk', { kty: 'RSA', n: jwk.n, e: jwk.e }, algorithm, false, ['verify']);
}
