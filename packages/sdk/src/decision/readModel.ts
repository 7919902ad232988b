import type { Features } from '@origin-stack/contract/policies';
import { canonicalJson } from '../canonicalJson.ts';
import type { JsonValue } from '../jsonValue.ts';
import { featureVector } from './featureVector.ts';
import { logisticRegression } from './logisticRegression.ts';
import { mahalanobisDistance } from './mahalanobisDistance.ts';
import { type ModelArtifact, ModelArtifactError, modelArtifact } from './modelArtifact.ts';
import type { ScoringAlgorithm } from './scoringAlgorithm.ts';
import { ShapeError } from './shape.ts';

export type ScoringModel = {
  artifact: ModelArtifact;
  /** The artifact's canonical text; its UTF-8 is the file. */
  text: string;
  /** From 0 to 1, six decimals. Throws a `RangeError` for a feature that is negative or not finite. */
  score: (features: Features) => number;
};

type Make = (artifact: ModelArtifact) => ScoringModel['score'];

const algorithms = new Map<string, { kind: ModelArtifact['kind']; make: Make }>([
  ['logistic-regression-1', { kind: logisticRegression.kind, make: makerOf(logisticRegression) }],
  ['mahalanobis-distance-1', { kind: mahalanobisDistance.kind, make: makerOf(mahalanobisDistance) }],
]);

/**
 * Reads a model artifact and makes its scoring function. The bytes must be the canonical text of a valid artifact.
 * Throws `ModelArtifactError`, whose message says what is wrong and where.
 */
export function readModel(bytes: Uint8Array): ScoringModel {
  const { artifact, text } = parseArtifact(bytes);
  const { kind, version } = artifact;
  if (!version.startsWith(`${kind}-`)) {
    throw new ModelArtifactError(`version ${version} does not belong to a model of kind ${kind}`);
  }
  const algorithm = algorithms.get(artifact.algorithm);
  if (algorithm?.kind !== kind) {
    throw new ModelArtifactError(`algorithm ${artifact.algorithm} is not known for a model of kind ${kind}`);
  }
  return { artifact, text, score: shaped(() => algorithm.make(artifact)) };
}

function parseArtifact(bytes: Uint8Array): { artifact: ModelArtifact; text: string } {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    throw new ModelArtifactError('the artifact is not JSON in UTF-8', { cause: error });
  }
  const artifact = shaped(() => modelArtifact(value, ''));
  // Two members of one name would parse as the last of them: only the canonical text says one thing.
  if (canonical(value as JsonValue) !== text)
    throw new ModelArtifactError('the artifact is not canonical JSON');
  if (new Set(artifact.features).size !== artifact.features.length) {
    throw new ModelArtifactError('/features: a feature is named twice');
  }
  return { artifact, text };
}

function canonical(value: JsonValue): string {
  try {
    return canonicalJson(value);
  } catch (error) {
    throw new ModelArtifactError((error as Error).message, { cause: error });
  }
}

function makerOf<P>({ parameters, scorer }: ScoringAlgorithm<P>): Make {
  return ({ features: names, parameters: given }) => {
    const score = scorer(parameters(names.length)(given, '/parameters'));
    return (features) => score(featureVector(features, names));
  };
}

function shaped<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new ModelArtifactError(error.message, { cause: error });
  }
}
