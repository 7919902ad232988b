import type { ModelKind } from '@origin-stack/contract/models';
import type { FeatureName, Features } from '@origin-stack/contract/policies';
import { canonicalJson } from '@origin-stack/sdk/canonicalJson';
import type { z } from 'zod';
import { sha256 } from '../sha256.ts';
import { featureVector } from './featureVector.ts';
import { logisticRegression } from './logisticRegression.ts';
import { mahalanobisDistance } from './mahalanobisDistance.ts';
import { ModelArtifact, ModelArtifactError } from './modelArtifact.ts';
import type { ScoringAlgorithm } from './scoringAlgorithm.ts';

export type LoadedModel = {
  kind: ModelKind;
  version: string;
  algorithm: string;
  /** Of the artifact's bytes, in lower-case hex. */
  sha256: string;
  trainedAt: string;
  /** From 0 to 1, six decimals. Throws a `RangeError` for a feature that is negative or not finite. */
  score: (features: Features) => number;
};

type Make = (artifact: ModelArtifact) => (features: Features) => number;

const algorithms = new Map<string, { kind: ModelKind; make: Make }>([
  ['logistic-regression-1', { kind: logisticRegression.kind, make: makerOf(logisticRegression) }],
  ['mahalanobis-distance-1', { kind: mahalanobisDistance.kind, make: makerOf(mahalanobisDistance) }],
]);

/**
 * Reads a model artifact and makes its scoring function. The bytes must be the canonical text of a valid artifact of the
 * expected kind. Throws `ModelArtifactError`, whose message says what is wrong and where.
 */
export function loadModel(bytes: Uint8Array, expectedKind: ModelKind): LoadedModel {
  const artifact = parseArtifact(bytes);
  const { kind, version } = artifact;
  if (kind !== expectedKind) {
    throw new ModelArtifactError(`this is a model of kind ${kind}, one of kind ${expectedKind} is needed`);
  }
  if (!version.startsWith(`${kind}-`)) {
    throw new ModelArtifactError(`version ${version} does not belong to a model of kind ${kind}`);
  }
  const algorithm = algorithms.get(artifact.algorithm);
  if (algorithm?.kind !== kind) {
    throw new ModelArtifactError(`algorithm ${artifact.algorithm} is not known for a model of kind ${kind}`);
  }
  return {
    kind,
    version,
    algorithm: artifact.algorithm,
    sha256: sha256(bytes),
    trainedAt: artifact.trained_at,
    score: algorithm.make(artifact),
  };
}

function parseArtifact(bytes: Uint8Array): ModelArtifact {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    throw new ModelArtifactError('the artifact is not JSON in UTF-8', { cause: error });
  }
  const artifact = check(ModelArtifact, value, '');
  // Two members of one name would parse as the last of them: only the canonical text says one thing.
  if (canonicalJson(artifact) !== text) throw new ModelArtifactError('the artifact is not canonical JSON');
  if (new Set(artifact.features).size !== artifact.features.length) {
    throw new ModelArtifactError('/features: a feature is named twice');
  }
  return artifact;
}

function makerOf<P>({ parameters, scorer }: ScoringAlgorithm<P>): Make {
  return (artifact) => {
    const names: FeatureName[] = artifact.features;
    const score = scorer(check(parameters(names.length), artifact.parameters, '/parameters'));
    return (features) => score(featureVector(features, names));
  };
}

function check<T>(schema: z.ZodType<T>, value: unknown, at: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${at}/${path.join('/')}: ${message}`);
  throw new ModelArtifactError(problems.join('; '), { cause: result.error });
}
