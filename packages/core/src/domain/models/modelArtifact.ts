import { MODEL_KINDS } from '@origin-stack/contract/models';
import { FEATURE_NAMES } from '@origin-stack/contract/policies';
import { z } from 'zod';

/** What a trained model is on disk, in canonical text (RFC 8785). `parameters` belongs to the algorithm. */
export const ModelArtifact = z.strictObject({
  v: z.literal(1),
  kind: z.enum(MODEL_KINDS),
  algorithm: z.string().min(1),
  version: z.string().regex(/^(risk|anomaly)-[0-9]{4}\.[0-9]{1,2}\.[0-9]{1,4}$/),
  trained_at: z.string().regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$/),
  seed: z.int().min(0).max(0xffffffff),
  features: z.array(z.enum(FEATURE_NAMES)).min(1),
  parameters: z.record(z.string(), z.json()),
  metrics: z.record(z.string(), z.number()),
  data: z.strictObject({
    generator: z.string().min(1),
    rows: z.int().min(1),
    training_rows: z.int().min(1),
    evaluation_rows: z.int().min(1),
    bad_rows: z.int().min(0),
  }),
});

export type ModelArtifact = z.infer<typeof ModelArtifact>;

/** An artifact that must not be used, and why. */
export class ModelArtifactError extends Error {
  override name = 'ModelArtifactError';
  readonly code = 'model_artifact_invalid';
}
