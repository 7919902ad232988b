import { type LogisticParameters, sigmoid } from '@origin-stack/sdk/decision/logisticRegression';
import { roundTo6 } from '@origin-stack/sdk/decision/roundTo6';
import { solvePositive } from './cholesky.ts';
import { standardise, standardOf } from './standardise.ts';

/** Weight of the L2 penalty, in rows: enough to keep rare features from running away. */
const penalty = 1;
const maxSteps = 50;

/**
 * Fits a logistic regression by Newton's method (iteratively reweighted least squares) on standardised columns with a
 * small L2 penalty. Throws where it does not converge within 50 steps.
 */
export function fitLogistic(
  rows: readonly (readonly number[])[],
  labels: readonly boolean[],
): LogisticParameters {
  const standard = standardOf(rows);
  const design = rows.map((row) => [1, ...standardise(standard, row)]);
  const [intercept = Number.NaN, ...weights] = maximise(design, labels);
  const column = (i: number) => rows.map((row) => row[i] ?? Number.NaN);
  return {
    low: weights.map((_, i) => roundTo6(column(i).reduce((a, b) => Math.min(a, b)))),
    high: weights.map((_, i) => roundTo6(column(i).reduce((a, b) => Math.max(a, b)))),
    mean: standard.mean.map(roundTo6),
    scale: standard.scale.map(roundTo6),
    weights: weights.map(roundTo6),
    intercept: roundTo6(intercept),
  };
}

function maximise(design: readonly (readonly number[])[], labels: readonly boolean[]): number[] {
  let beta = (design[0] ?? []).map(() => 0);
  for (let step = 0; step < maxSteps; step += 1) {
    const { gradient, hessian } = derivatives(design, labels, beta);
    const change = solvePositive(hessian, gradient);
    beta = beta.map((value, i) => value + (change[i] ?? Number.NaN));
    if (change.every((value) => Math.abs(value) < 1e-10)) return beta;
  }
  throw new RangeError(`the regression did not converge in ${maxSteps} steps`);
}

function derivatives(
  design: readonly (readonly number[])[],
  labels: readonly boolean[],
  beta: readonly number[],
) {
  const gradient = beta.map((value, i) => (i === 0 ? 0 : -penalty * value));
  const hessian: number[][] = beta.map((_, i) => beta.map((_, j) => (i === j && i > 0 ? penalty : 0)));
  for (const [n, row] of design.entries()) {
    const probability = sigmoid(row.reduce((sum, value, i) => sum + value * (beta[i] ?? Number.NaN), 0));
    const error = (labels[n] ? 1 : 0) - probability;
    const weight = probability * (1 - probability);
    for (const [i, value] of row.entries()) {
      gradient[i] = (gradient[i] ?? Number.NaN) + error * value;
      const line = hessian[i] ?? [];
      for (const [j, other] of row.entries()) line[j] = (line[j] ?? Number.NaN) + weight * value * other;
    }
  }
  return { gradient, hessian };
}
