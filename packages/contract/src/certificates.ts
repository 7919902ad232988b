import { z } from 'zod';
import { Decision, PolicyRef } from './policies.ts';
import { ExternalId, Id, Sha256Hex, Timestamp } from './primitives.ts';

export const CertificatePayload = z.strictObject({
  v: z.literal(1),
  certificate_id: Id,
  tenant_id: Id,
  upload_id: Id,
  external_id: ExternalId,
  decision: Decision,
  policy: PolicyRef,
  models: z.strictObject({ risk: z.string(), anomaly: z.string() }),
  content_sha256: Sha256Hex,
  inputs_sha256: Sha256Hex,
  issued_at: Timestamp,
});

export const Certificate = z.strictObject({
  certificate_id: Id,
  jws: z.string(),
  key_id: z.string(),
  alg: z.literal('PS256'),
  signature: z.string(),
  signature_encoding: z.literal('base64url'),
  payload: CertificatePayload,
});

export const Jwk = z.strictObject({
  kty: z.literal('RSA'),
  n: z.string(),
  e: z.string(),
  alg: z.literal('PS256'),
  use: z.literal('sig'),
  kid: z.string().describe('RFC 7638 thumbprint'),
});

export const Jwks = z.strictObject({ keys: z.array(Jwk) });

export type CertificatePayload = z.infer<typeof CertificatePayload>;
export type Certificate = z.infer<typeof Certificate>;
export type Jwk = z.infer<typeof Jwk>;
export type Jwks = z.infer<typeof Jwks>;
