import type { KeyObject } from 'node:crypto';
import type { Jwk } from '@origin-stack/contract/certificates';
import { jwkThumbprint } from '../../domain/certificates/jwkThumbprint.ts';

const SIZES_BITS = [2048, 3072, 4096];

/** An RSA public key as it stands in the JWKS. Throws for another kind or size. */
export function signingJwk(publicKey: KeyObject): Jwk {
  const bits = publicKey.asymmetricKeyDetails?.modulusLength;
  if (publicKey.asymmetricKeyType !== 'rsa' || bits === undefined || !SIZES_BITS.includes(bits)) {
    throw new Error(`the signing key must be RSA of ${SIZES_BITS.join(', ')} bits`);
  }
  const { n, e } = publicKey.export({ format: 'jwk' });
  if (!n || !e) throw new Error('the signing key has no public part');
  return { kty: 'RSA', n, e, alg: 'PS256', use: 'sig', kid: jwkThumbprint({ n, e }) };
}
