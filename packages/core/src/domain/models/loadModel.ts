import type { ModelKind } from '@origin-stack/contract/models';
import type { Features } from '@origin-stack/contract/policies';
import { ModelArtifactError } from '@origin-stack/sdk/decision/modelArtifact';
import { readModel } from '@origin-stack/sdk/decision/readModel';
import { sha256 } from '../sha256.ts';

export type LoadedModel = {
  kind: ModelKind;
  version: string;
  algorithm: string;
  /** The artifact: canonical text, whose UTF-8 is the file. */
  text: string;
  /** Of the artifact's bytes, in lower-case hex. */
  sha256: string;
  trainedAt: string;
  /** From 0 to 1, six decimals. Throws a `RangeError` for a feature that is negative or not finite. */
  score: (features: Features) => number;
};

/**
 * Reads a model artifact and makes its scoring function. The bytes must be the canonical text of a valid artifact of the
 * expected kind. Throws `ModelArtifactError`, whose message says what is wrong and where.
 */
export function loadModel(bytes: Uint8Array, expectedKind: ModelKind): LoadedModel {
  const { artifact, text, score } = readModel(bytes);
  const { kind, version, algorithm } = artifact;
  if (kind !== expectedKind) {
    throw new ModelArtifactError(`this is a model of kind ${kind}, one of kind ${expectedKind} is needed`);
  }
  return { kind, version, algorithm, text, sha256: sha256(bytes), trainedAt: artifact.trained_at, score };
}
