import { z } from 'zod';
import { Decision, PolicyRef } from './policies.ts';
import { ExternalId, Id, Sha256Hex, Timestamp } from './primitives.ts';

const about = {
  certificate_id: Id,
  tenant_id: Id,
  upload_id: Id,
  external_id: ExternalId,
  decision: Decision,
  content_sha256: Sha256Hex,
  inputs_sha256: Sha256Hex,
  issued_at: Timestamp,
};

const ModelVersion = z.string().min(1).max(64);

/** What certificates of earlier releases say; they verify for ever. */
export const CertificatePayloadV1 = z.strictObject({
  v: z.literal(1),
  ...about,
  policy: PolicyRef,
  models: z.strictObject({ risk: ModelVersion, anomaly: ModelVersion }),
});

export const CertifiedModel = z.strictObject({
  version: ModelVersion,
  sha256: Sha256Hex.describe("Of the artifact's bytes"),
});

/** What is issued: everything that the reply says of the decision is covered. */
export const CertificatePayloadV2 = z.strictObject({
  v: z.literal(2),
  ...about,
  policy: PolicyRef.extend({ sha256: Sha256Hex.describe("Of the policy document's canonical text") }),
  models: z.strictObject({ risk: CertifiedModel, anomaly: CertifiedModel }),
  outcome_sha256: Sha256Hex.describe('Of the canonical text of decision, reasons, risk_score, anomaly_score'),
});

export const CertificatePayload = z.discriminatedUnion('v', [CertificatePayloadV1, CertificatePayloadV2]);

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

export type CertificatePayloadV1 = z.infer<typeof CertificatePayloadV1>;
export type CertificatePayloadV2 = z.infer<typeof CertificatePayloadV2>;
export type CertificatePayload = z.infer<typeof CertificatePayload>;
export type CertifiedModel = z.infer<typeof CertifiedModel>;
export type Certificate = z.infer<typeof Certificate>;
export type Jwk = z.infer<typeof Jwk>;
export type Jwks = z.infer<typeof Jwks>;
