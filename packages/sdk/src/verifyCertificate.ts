import type { CertificatePayload } from '@origin-stack/contract/certificates';
import { canonicalJson } from './canonicalJson.ts';
import type { JsonObject, JsonValue } from './jsonValue.ts';
import type { PublicJwks } from './jwk.ts';
import { JwsError } from './jwsError.ts';
import { hasExactly, parseCanonicalObject } from './parseCanonicalObject.ts';
import { verifyJws } from './verifyJws.ts';

/** The certificate, the keys the caller trusts, and what he knows about the decision it must certify. */
export type VerifyCertificateInput = {
  jws: string;
  jwks: PublicJwks;
  expected?: Partial<CertificatePayload>;
};

const texts = ['certificate_id', 'tenant_id', 'upload_id', 'external_id', 'decision', 'issued_at'] as const;
const hashes = ['content_sha256', 'inputs_sha256'] as const;

/**
 * Verifies a decision's certificate and returns its payload: PS256 by a key of `jwks`, the type of a
 * certificate, a payload that is canonical text of version 1 with every member and no other, and equal to
 * every member of `expected`. Throws {@link JwsError}; on `unknown_kid` fetch the JWKS once more.
 */
export async function verifyCertificate(
  input: VerifyCertificateInput,
): Promise<{ kid: string; payload: CertificatePayload }> {
  const { kid, payload: bytes } = await verifyJws({ ...input, typ: 'origin-certificate+jws' });
  const payload = parseCanonicalObject(bytes);
  if (payload === null) throw new JwsError('payload_not_canonical', 'the payload is not canonical text');
  if (!isCertificatePayload(payload)) {
    throw new JwsError('payload_refused', 'the payload is not a certificate of version 1');
  }
  for (const [name, value] of Object.entries(input.expected ?? {})) {
    const found = (payload as Record<string, JsonValue>)[name];
    if (found === undefined || canonicalJson(found) !== canonicalJson(value as JsonValue)) {
      throw new JwsError('unexpected_value', `${name} is not what was expected`);
    }
  }
  return { kid, payload };
}

function isCertificatePayload(payload: JsonObject): payload is JsonObject & CertificatePayload {
  return (
    hasExactly(payload, ['v', ...texts, ...hashes, 'policy', 'models']) &&
    payload.v === 1 &&
    texts.every((name) => typeof payload[name] === 'string' && payload[name] !== '') &&
    hashes.every((name) => typeof payload[name] === 'string' && /^[0-9a-f]{64}$/.test(payload[name])) &&
    hasExactly(payload.policy, ['id', 'version']) &&
    typeof payload.policy.id === 'string' &&
    Number.isSafeInteger(payload.policy.version) &&
    hasExactly(payload.models, ['risk', 'anomaly']) &&
    typeof payload.models.risk === 'string' &&
    typeof payload.models.anomaly === 'string'
  );
}
