import { z } from 'zod';
import { roundTo6 } from './roundTo6.ts';
import type { ScoringAlgorithm } from './scoringAlgorithm.ts';

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
    const perFeature = z.array(z.number()).length(featureCount);
    return z.strictObject({
      low: perFeature,
      high: perFeature,
      mean: perFeature,
      scale: z.array(z.number().positive()).length(featureCount),
      weights: perFeature,
      intercept: z.number(),
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
