import type { CertificatePayload } from '@origin-stack/contract/certificates';
import { canonicalJson } from '@origin-stack/sdk/canonicalJson';
import type { KeyProvider } from '../ports.ts';

const base64url = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64url');

/** A compact JWS (RFC 7515) in PS256 over exactly `payload`. */
export async function signJws(
  provider: KeyProvider,
  input: { typ: string; payload: Uint8Array | string },
): Promise<string> {
  const header = { alg: 'PS256', kid: provider.signingKey.kid, typ: input.typ };
  const signed = `${base64url(JSON.stringify(header))}.${base64url(input.payload)}`;
  return `${signed}.${base64url(await provider.sign(Buffer.from(signed)))}`;
}

/** The certificate of a decision. Called before the transaction, never in it: signing takes milliseconds. */
export function signCertificate(provider: KeyProvider, payload: CertificatePayload): Promise<string> {
  return signJws(provider, { typ: 'origin-certificate+jws', payload: canonicalJson(payload) });
}
