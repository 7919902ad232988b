import type { CertificatePayload } from '@origin-stack/contract/certificates';
import { canonicalJson } from './canonicalJson.ts';
import { notCoveredBy, readCertificatePayload, type UncoveredFact } from './certificatePayload.ts';
import { ShapeError } from './decision/shape.ts';
import type { JsonObject, JsonValue } from './jsonValue.ts';
import type { PublicJwks } from './jwk.ts';
import { JwsError } from './jwsError.ts';
import { parseCanonicalObject } from './parseCanonicalObject.ts';
import { verifyJws } from './verifyJws.ts';

/** The certificate, the keys the caller trusts, and what he knows about the decision it must certify. */
export type VerifyCertificateInput = {
  jws: string;
  jwks: PublicJwks;
  expected?: Partial<CertificatePayload>;
};

/** `notCovered` names what stands beside the certificate without being proven by it: nothing from version 2 on. */
export type VerifiedCertificate = {
  kid: string;
  payload: CertificatePayload;
  notCovered: UncoveredFact[];
};

/**
 * Verifies a decision's certificate and returns its payload: PS256 by a key of `jwks`, the type of a
 * certificate, a payload that is canonical text of version 1 or 2 with every member and no other, and equal to
 * every member of `expected`. Throws {@link JwsError}; on `unknown_kid` fetch the JWKS once more.
 */
export async function verifyCertificate(input: VerifyCertificateInput): Promise<VerifiedCertificate> {
  const { kid, payload: bytes } = await verifyJws({ ...input, typ: 'origin-certificate+jws' });
  const object = parseCanonicalObject(bytes);
  if (object === null) throw new JwsError('payload_not_canonical', 'the payload is not canonical text');
  const payload = readPayload(object);
  for (const [name, value] of Object.entries(input.expected ?? {})) {
    const found = object[name];
    if (found === undefined || canonicalJson(found) !== canonicalJson(value as JsonValue)) {
      throw new JwsError('unexpected_value', `${name} is not what was expected`);
    }
  }
  return { kid, payload, notCovered: notCoveredBy(payload) };
}

function readPayload(object: JsonObject): CertificatePayload {
  try {
    return readCertificatePayload(object);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new JwsError('payload_refused', `the payload is not a certificate: ${error.message}`);
  }
}
