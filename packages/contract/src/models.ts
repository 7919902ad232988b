import { z } from 'zod';
import { PolicyRef } from './policies.ts';
import { Sha256Hex, Timestamp } from './primitives.ts';

export const MODEL_KINDS = ['risk', 'anomaly'] as const;

export const ModelStatus = z.strictObject({
  kind: z.enum(MODEL_KINDS),
  version: z.string(),
  sha256: Sha256Hex,
  loaded_at: Timestamp,
  policies: z.array(PolicyRef).describe('Your policies that name this version'),
});

export const ModelsStatus = z.strictObject({ models: z.array(ModelStatus) });

export type ModelKind = (typeof MODEL_KINDS)[number];
export type ModelStatus = z.infer<typeof ModelStatus>;
export type ModelsStatus = z.infer<typeof ModelsStatus>;
