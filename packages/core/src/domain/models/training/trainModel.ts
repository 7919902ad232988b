import type { ModelKind } from '@origin-stack/contract/models';
import { FEATURE_NAMES } from '@origin-stack/contract/policies';
import { canonicalJson, type JsonValue } from '@origin-stack/sdk';
import { featureVector } from '@origin-stack/sdk/decision/featureVector';
import type { ModelArtifact } from '@origin-stack/sdk/decision/modelArtifact';
import { roundTo6 } from '@origin-stack/sdk/decision/roundTo6';
import { loadModel } from '../loadModel.ts';
import { fitLogistic } from './fitLogistic.ts';
import { fitMahalanobis } from './fitMahalanobis.ts';
import { areaUnderCurve, brierScore, type Scored, shareAtLeast } from './scoreMetrics.ts';
import { seededRandom } from './seededRandom.ts';
import { meanOf } from './standardise.ts';
import { generatorName, type LabelledUpload, syntheticUpload } from './syntheticUploads.ts';

/** `trainedAt`: RFC 3339 in UTC with six fractional digits. `release` counts the models of one month from 1. */
export type TrainingInput = { kind: ModelKind; seed: number; trainedAt: string; release: number };

const rowCount = 24_000;
const trainingShare = 0.75;

/**
 * Makes the data, trains on three quarters of them, measures on the rest and gives the artifact's bytes (canonical
 * text). The same input gives the same bytes. The metrics are those of the loaded artifact, with its rounded parameters.
 */
export function trainModel(input: TrainingInput): Uint8Array {
  const uploads = makeUploads(input.seed);
  const trainingRows = Math.round(rowCount * trainingShare);
  const training = uploads.slice(0, trainingRows);
  const evaluation = uploads.slice(trainingRows);
  const draft: ModelArtifact = {
    v: 1,
    kind: input.kind,
    ...fitModel(input.kind, training),
    version: versionOf(input),
    trained_at: input.trainedAt,
    seed: input.seed,
    features: [...FEATURE_NAMES],
    metrics: {},
    data: {
      generator: generatorName,
      rows: uploads.length,
      training_rows: training.length,
      evaluation_rows: evaluation.length,
      bad_rows: uploads.filter((upload) => upload.bad).length,
    },
  };
  const { score } = loadModel(encode(draft), input.kind);
  const scored = evaluation.map(({ features, bad }) => ({ score: score(features), bad }));
  return encode({ ...draft, metrics: measure(input.kind, scored) });
}

function makeUploads(seed: number): LabelledUpload[] {
  const random = seededRandom(seed);
  return Array.from({ length: rowCount }, () => syntheticUpload(random));
}

function fitModel(kind: ModelKind, uploads: readonly LabelledUpload[]) {
  const vector = ({ features }: LabelledUpload) => featureVector(features, FEATURE_NAMES);
  if (kind === 'risk') {
    const labels = uploads.map((upload) => upload.bad);
    return { algorithm: 'logistic-regression-1', parameters: fitLogistic(uploads.map(vector), labels) };
  }
  // What is ordinary is learned from what turned out good.
  const good = uploads.filter((upload) => !upload.bad);
  return { algorithm: 'mahalanobis-distance-1', parameters: fitMahalanobis(good.map(vector)) };
}

function measure(kind: ModelKind, rows: readonly Scored[]): Record<string, number> {
  const good = rows.filter((row) => !row.bad);
  const bad = rows.filter((row) => row.bad);
  const limits = kind === 'risk' ? [0.5, 0.8, 0.95] : [0.99, 0.999];
  const perLimit = limits.flatMap((limit) => [
    [`bad_share_at_${limit}`, shareAtLeast(bad, limit)] as const,
    [`good_share_at_${limit}`, shareAtLeast(good, limit)] as const,
  ]);
  const asProbability =
    kind === 'risk' ? { brier: brierScore(rows), mean_score: meanOf(rows.map((row) => row.score)) } : {};
  const metrics = {
    auc: areaUnderCurve(rows),
    bad_rate: bad.length / rows.length,
    ...asProbability,
    ...Object.fromEntries(perLimit),
  };
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, roundTo6(value)]));
}

/** `risk-2026.11.1`: kind, year and month of training, and the release within it. */
function versionOf({ kind, trainedAt, release }: TrainingInput): string {
  return `${kind}-${trainedAt.slice(0, 4)}.${Number(trainedAt.slice(5, 7))}.${release}`;
}

function encode(artifact: ModelArtifact): Uint8Array {
  return new TextEncoder().encode(canonicalJson(artifact as JsonValue));
}
