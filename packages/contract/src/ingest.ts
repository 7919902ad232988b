import { z } from 'zod';
import { holdsSecret, SECRET_MESSAGE } from './freeText.ts';
import { Decision, MediaType, PolicyRef } from './policies.ts';
import {
  CorrelationId,
  ExternalId,
  GivenExternalId,
  GivenTimestamp,
  Id,
  PersonalId,
  Sha256Hex,
  Timestamp,
} from './primitives.ts';

const SizeBytes = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

const about = {
  media_type: MediaType,
  size_bytes: SizeBytes.optional(),
  pvid: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/)
    .refine((pvid) => !holdsSecret(pvid), SECRET_MESSAGE)
    .optional()
    .describe("The content's stable fingerprint; `sha256:<content hash>` where none is given"),
};

/** The content by its hash, as text, or as base64. Its bytes are hashed and not stored. */
export const Content = z.union([
  z.strictObject({ sha256: Sha256Hex, ...about }),
  z.strictObject({ text: z.string(), ...about }),
  z.strictObject({ base64: z.base64(), ...about }),
]);

const MetadataValue = z.union([
  z.string().max(1000),
  z.number().min(-9007199254740991).max(9007199254740991),
  z.boolean(),
  z.null(),
]);

export const IngestRequest = z.strictObject({
  external_id: GivenExternalId,
  account: z.strictObject({
    external_id: PersonalId,
    created_at: GivenTimestamp.optional().describe(
      'Since when the account exists, not in the future. Another value in a later upload corrects it, and the ledger says so',
    ),
  }),
  device: z.strictObject({ external_id: PersonalId }).optional(),
  content: Content,
  policy_id: Id.optional().describe(
    'The version to decide by; the newest version of `default` where none is given',
  ),
  metadata: z
    .record(z.string().regex(/^[a-z0-9_.-]{1,64}$/), MetadataValue)
    .optional()
    .describe("Kept encrypted under the account's key; it takes no part in the decision"),
});

export const Reason = z.strictObject({ rule: z.string(), input: z.string(), detail: z.string() });
export const LedgerRef = z.strictObject({ sequence: z.int().min(1), event_hash: Sha256Hex });

export const IngestReply = z.strictObject({
  upload_id: Id,
  external_id: ExternalId,
  decision: Decision,
  reasons: z.array(Reason),
  risk_score: z.number().min(0).max(1),
  anomaly_score: z.number().min(0).max(1),
  certificate_id: Id,
  ledger: LedgerRef,
  correlation_id: CorrelationId,
  received_at: Timestamp,
});

/** What was decided on, as it is hashed into the certificate: commitments, never the values. */
export const DecisionInputs = z.strictObject({
  v: z.literal(1),
  account_commitment: Sha256Hex,
  device_commitment: Sha256Hex.nullable(),
  content_sha256: Sha256Hex,
  pvid: z.string(),
  media_type: z.string(),
  size_bytes: SizeBytes.nullable(),
  features: z.strictObject({
    account_age_days: z.number(),
    upload_velocity_24h: z.int(),
    device_velocity_24h: z.int(),
    account_prior_quarantine_count: z.int(),
    account_prior_reject_count: z.int(),
    pvid_prior_quarantine_count: z.int(),
    pvid_prior_reject_count: z.int(),
  }),
  policy: PolicyRef,
  models: z.strictObject({ risk: z.string(), anomaly: z.string() }),
});

export const UploadSummary = IngestReply.extend({
  content: z.strictObject({
    sha256: Sha256Hex,
    pvid: z.string(),
    media_type: z.string(),
    size_bytes: SizeBytes.nullable(),
  }),
});

export const Upload = UploadSummary.extend({ inputs: DecisionInputs });

export type IngestRequest = z.infer<typeof IngestRequest>;
export type IngestReply = z.infer<typeof IngestReply>;
export type DecisionInputs = z.infer<typeof DecisionInputs>;
export type Reason = z.infer<typeof Reason>;
export type UploadSummary = z.infer<typeof UploadSummary>;
export type Upload = z.infer<typeof Upload>;
