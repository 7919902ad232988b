import { z } from 'zod';
import { freeText } from './freeText.ts';
import { Id, Sha256Hex, Timestamp } from './primitives.ts';

export const DECISIONS = ['allow', 'review', 'quarantine', 'reject'] as const;
export const Decision = z.enum(DECISIONS);

/** What is computed from the database for every upload. */
export const FEATURE_NAMES = [
  'account_age_days',
  'upload_velocity_24h',
  'device_velocity_24h',
  'account_prior_quarantine_count',
  'account_prior_reject_count',
  'pvid_prior_quarantine_count',
  'pvid_prior_reject_count',
] as const;

const Name = z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/);
const Score = z.number().min(0).max(1);
const NumericInput = z.enum([...FEATURE_NAMES, 'risk_score', 'anomaly_score', 'size_bytes']);
const Then = z.enum(['review', 'quarantine', 'reject']);

const MediaType = z
  .string()
  .regex(/^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$/)
  .describe('type/subtype in lower case, without parameters');

const NumericCondition = z.strictObject({
  input: NumericInput,
  op: z.enum(['lt', 'lte', 'gt', 'gte', 'eq', 'ne']),
  value: z.number().min(-9007199254740991).max(9007199254740991),
});
const MediaTypeCondition = z.strictObject({
  input: z.literal('media_type'),
  op: z.enum(['eq', 'ne']),
  value: MediaType,
});
const MediaTypesCondition = z.strictObject({
  input: z.literal('media_type'),
  op: z.literal('in'),
  value: z.array(MediaType).min(1).max(100),
});

/** What a caller's texts in a policy may be. */
interface Texts {
  detail: z.ZodType<string, string>;
  modelVersion: z.ZodType<string, string>;
}

const ruleOf = ({ detail }: Texts) =>
  z.strictObject({
    name: Name,
    when: z.union([NumericCondition, MediaTypeCondition, MediaTypesCondition]),
    then: Then,
    detail: detail.optional(),
  });

const documentOf = (texts: Texts) =>
  z.strictObject({
    rules: z.array(ruleOf(texts)).max(100),
    thresholds: z.strictObject({
      risk: z.strictObject({ review: Score, quarantine: Score, reject: Score }),
      anomaly: z.strictObject({ review: Score, quarantine: Score }),
    }),
    risk_model_version: texts.modelVersion,
    anomaly_model_version: texts.modelVersion,
  });

/** Versions never change, and earlier releases took more than is taken now. */
const kept: Texts = {
  detail: z.string().regex(/^[^\u0000-\u001f\u007f]{0,200}$/u),
  modelVersion: z.string().min(1).max(64),
};
const given: Texts = { detail: freeText({ min: 0, max: 200 }), modelVersion: freeText({ min: 1, max: 64 }) };

/** A policy: rules that name an input, thresholds on the two scores, and the models that give them. */
export const PolicyDocument = documentOf(kept);

export const PolicyCreate = z.strictObject({ name: Name, document: documentOf(given) });

/** One version of a policy. A version never changes. */
export const Policy = z.strictObject({
  id: Id,
  name: Name,
  version: z.int().min(1),
  document: PolicyDocument,
  sha256: Sha256Hex.describe("SHA-256 of the document's canonical text"),
  created_at: Timestamp,
});

export const PolicyRef = z.strictObject({ id: Id, version: z.int().min(1) });
export { MediaType };

export type Decision = z.infer<typeof Decision>;
export type PolicyDocument = z.infer<typeof PolicyDocument>;
export type PolicyRule = PolicyDocument['rules'][number];
export type PolicyCreate = z.infer<typeof PolicyCreate>;
export type Policy = z.infer<typeof Policy>;
export type PolicyRef = z.infer<typeof PolicyRef>;
export type FeatureName = (typeof FEATURE_NAMES)[number];
export type Features = Record<FeatureName, number>;
