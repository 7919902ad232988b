import type { FeatureName } from '@origin-stack/contract/policies';
import type { JsonObject } from '../jsonValue.ts';
import { featureNames } from './featureNames.ts';
import { integer, list, number, object, oneOf, record, type Shape, someText, text } from './shape.ts';

/** What a trained model is on disk, in canonical text (RFC 8785). `parameters` belongs to the algorithm. */
export type ModelArtifact = {
  v: 1;
  kind: 'risk' | 'anomaly';
  algorithm: string;
  version: string;
  trained_at: string;
  seed: number;
  features: FeatureName[];
  parameters: JsonObject;
  metrics: Record<string, number>;
  data: {
    generator: string;
    rows: number;
    training_rows: number;
    evaluation_rows: number;
    bad_rows: number;
  };
};

// The algorithm reads them.
const anything: Shape<JsonObject[string]> = (value) => value as JsonObject[string];

export const modelArtifact: Shape<ModelArtifact> = object<ModelArtifact>({
  v: oneOf(1),
  kind: oneOf('risk', 'anomaly'),
  algorithm: someText,
  version: text(/^(risk|anomaly)-[0-9]{4}\.[0-9]{1,2}\.[0-9]{1,4}$/),
  trained_at: text(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$/),
  seed: integer(0, 0xffffffff),
  features: list(oneOf(...featureNames), { min: 1 }),
  parameters: record(anything),
  metrics: record(number()),
  data: object<ModelArtifact['data']>({
    generator: someText,
    rows: integer(1),
    training_rows: integer(1),
    evaluation_rows: integer(1),
    bad_rows: integer(0),
  }),
});

/** An artifact that must not be used, and why. */
export class ModelArtifactError extends Error {
  override readonly name = 'ModelArtifactError';
  readonly code = 'model_artifact_invalid';
}
