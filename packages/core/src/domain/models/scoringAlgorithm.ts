import type { ModelKind } from '@origin-stack/contract/models';
import type { z } from 'zod';

/** A way to score: whose parameters it takes, and the function that they make. */
export type ScoringAlgorithm<P> = {
  kind: ModelKind;
  /** The parameters for so many features. Everything a score is computed from is checked here. */
  parameters: (featureCount: number) => z.ZodType<P>;
  /** A function from the feature vector to a score from 0 to 1, rounded to six decimals. */
  scorer: (parameters: P) => (vector: readonly number[]) => number;
};
