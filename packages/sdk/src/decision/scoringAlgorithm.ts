import type { Shape } from './shape.ts';

/** A way to score: whose parameters it takes, and the function that they make. */
export type ScoringAlgorithm<P> = {
  kind: 'risk' | 'anomaly';
  /** The parameters for so many features. Everything a score is computed from is checked here. */
  parameters: (featureCount: number) => Shape<P>;
  /** A function from the feature vector to a score from 0 to 1, rounded to six decimals. */
  scorer: (parameters: P) => (vector: readonly number[]) => number;
};
