import { roundTo6 } from './roundTo6.ts';
import type { ScoringAlgorithm } from './scoringAlgorithm.ts';
import { list, number, object } from './shape.ts';

export type LogisticParameters = {
  /** The range of each feature in training: what lies outside is taken as the nearest end, never extrapolated. */
  low: number[];
  high: number[];
  mean: number[];
  scale: number[];
  weights: number[];
  intercept: number;
};

/** The probability of a bad upload: 1 / (1 + exp(-(intercept + Σ weight·(x − mean)/scale))). */
export const logisticRegression: ScoringAlgorithm<LogisticParameters> = {
  kind: 'risk',
  parameters: (featureCount) => {
    const each = { min: featureCount, max: featureCount };
    const perFeature = list(number(), each);
    return object<LogisticParameters>({
      low: perFeature,
      high: perFeature,
      mean: perFeature,
      scale: list(number({ above: 0 }), each),
      weights: perFeature,
      intercept: number(),
    });
  },
  scorer: (parameters) => (vector) => roundTo6(sigmoid(logit(parameters, vector))),
};

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function logit(
  { low, high, mean, scale, weights, intercept }: LogisticParameters,
  vector: readonly number[],
) {
  return weights.reduce((sum, weight, i) => {
    const value = Math.min(Math.max(at(vector, i), at(low, i)), at(high, i));
    return sum + (weight * (value - at(mean, i))) / at(scale, i);
  }, intercept);
}

/** Past the end is NaN and not `undefined`: it spreads, and every reader of a score refuses it. */
function at(numbers: readonly number[], index: number): number {
  return numbers[index] ?? Number.NaN;
}
