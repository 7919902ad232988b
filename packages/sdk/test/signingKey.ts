import { CompactSign, calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';

/** A key pair made by jose, its public JWK as the service lists it, and jose's compact signing. */
export async function makeSigningKey(alg = 'PS256') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { modulusLength: 2048, extractable: true });
  const { n = '', e = '' } = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint({ kty: 'RSA', n, e });
  const jwk = { kty: 'RSA', n, e, alg: 'PS256', use: 'sig', kid };
  const sign = (payload: string | Uint8Array, header: Record<string, unknown>) =>
    new CompactSign(typeof payload === 'string' ? new TextEncoder().encode(payload) : payload)
      .setProtectedHeader({ alg, kid, ...header })
      .sign(privateKey);
  return { privateKey, publicKey, jwk, kid, jwks: { keys: [jwk] }, sign };
}

export type SigningKey = Awaited<ReturnType<typeof makeSigningKey>>;
