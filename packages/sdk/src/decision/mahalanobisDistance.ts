import { roundTo6 } from './roundTo6.ts';
import type { ScoringAlgorithm } from './scoringAlgorithm.ts';
import { list, number, object, type Shape, ShapeError } from './shape.ts';

export type MahalanobisParameters = {
  mean: number[];
  scale: number[];
  /** Rows of the inverse of the correlation matrix' Cholesky factor: row i has i + 1 numbers. */
  whitening: number[][];
  /** Share of the good training rows (rising, from 0 to 1) and the distance within which that share lies. */
  levels: number[];
  distances: number[];
};

/**
 * How far an upload lies from the ordinary ones: the Mahalanobis distance, given as the share of good training rows that
 * lie nearer. 1 means further out than every one of them.
 *
 * Chosen over an isolation forest because seven numbers and a triangle of 28 can be checked by hand, where a forest is
 * thousands of random cuts; and over a diagonal distance because the two velocities move together, which it would count
 * twice. The features are not normal (most priors are 0), so the distance is read against quantiles of the training
 * rows and not against a chi-squared table.
 */
export const mahalanobisDistance: ScoringAlgorithm<MahalanobisParameters> = {
  kind: 'anomaly',
  parameters: (featureCount) => {
    const each = { min: featureCount, max: featureCount };
    const shape = object<MahalanobisParameters>({
      mean: list(number(), each),
      scale: list(number({ above: 0 }), each),
      whitening: list(list(number()), each),
      levels: list(number({ min: 0, max: 1 }), { min: 2 }),
      distances: list(number({ min: 0 }), { min: 2 }),
    });
    return consistent(shape);
  },
  scorer: (parameters) => (vector) => roundTo6(shareWithin(parameters, distance(parameters, vector))),
};

/** The Mahalanobis distance of a feature vector, at least 0. */
export function distance(
  { mean, scale, whitening }: Pick<MahalanobisParameters, 'mean' | 'scale' | 'whitening'>,
  vector: readonly number[],
): number {
  const standard = mean.map((m, i) => ((vector[i] ?? Number.NaN) - m) / (scale[i] ?? Number.NaN));
  const squares = whitening.map((row) => {
    const projected = row.reduce((sum, factor, i) => sum + factor * (standard[i] ?? Number.NaN), 0);
    return projected * projected;
  });
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
}

function shareWithin({ levels, distances }: MahalanobisParameters, d: number): number {
  if (Number.isNaN(d)) return Number.NaN;
  const next = distances.findIndex((known) => known > d);
  if (next === -1) return 1;
  if (next === 0) return 0;
  const [low = Number.NaN, high = Number.NaN] = distances.slice(next - 1, next + 1);
  const [from = Number.NaN, to = Number.NaN] = levels.slice(next - 1, next + 1);
  return from + ((to - from) * (d - low)) / (high - low);
}

const consistent =
  (shape: Shape<MahalanobisParameters>): Shape<MahalanobisParameters> =>
  (value, at) => {
    const parameters = shape(value, at);
    const { whitening, levels, distances } = parameters;
    const refuse = (name: string, reason: string) => {
      throw new ShapeError(`${at}/${name}: ${reason}`);
    };
    if (!whitening.every((row, i) => row.length === i + 1)) refuse('whitening', 'it is not a triangle');
    if (levels.length !== distances.length) refuse('distances', 'there are more or fewer than levels');
    if (levels[0] !== 0 || levels.at(-1) !== 1) refuse('levels', 'they do not run from 0 to 1');
    if (!rises(levels)) refuse('levels', 'they do not rise');
    if (!rises(distances)) refuse('distances', 'they do not rise');
    return parameters;
  };

function rises(numbers: number[]): boolean {
  return numbers.every((number, i) => i === 0 || number >= (numbers[i - 1] ?? Number.NaN));
}
