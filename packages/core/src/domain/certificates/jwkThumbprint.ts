import { createHash } from 'node:crypto';

/** RFC 7638 thumbprint of an RSA public key, the `kid` of everything signed with it. */
export function jwkThumbprint(key: { n: string; e: string }): string {
  return createHash('sha256').update(`{"e":"${key.e}","kty":"RSA","n":"${key.n}"}`).digest('base64url');
}
