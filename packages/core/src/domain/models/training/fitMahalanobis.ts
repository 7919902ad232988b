import { distance, type MahalanobisParameters } from '@origin-stack/sdk/decision/mahalanobisDistance';
import { roundTo6 } from '@origin-stack/sdk/decision/roundTo6';
import { choleskyFactor, invertLower } from './cholesky.ts';
import { meanOf, standardise, standardOf } from './standardise.ts';

/** Every hundredth, and finer where decisions are made. */
const levels = [
  ...Array.from({ length: 100 }, (_, i) => i / 100),
  0.992,
  0.994,
  0.996,
  0.998,
  0.999,
  0.9995,
  1,
];

/** Learns what ordinary rows look like: their correlation, and how far from their middle which share of them lies. */
export function fitMahalanobis(rows: readonly (readonly number[])[]): MahalanobisParameters {
  const standard = standardOf(rows);
  const scaled = rows.map((row) => standardise(standard, row));
  const correlation = standard.mean.map((_, i) =>
    standard.mean.map((_, j) => meanOf(scaled.map((row) => (row[i] ?? Number.NaN) * (row[j] ?? Number.NaN)))),
  );
  const shape = {
    mean: standard.mean.map(roundTo6),
    scale: standard.scale.map(roundTo6),
    whitening: invertLower(choleskyFactor(correlation)).map((row) => row.map(roundTo6)),
  };
  const sorted = rows.map((row) => distance(shape, row)).sort((a, b) => a - b);
  return { ...shape, levels, distances: levels.map((level) => roundTo6(quantile(sorted, level))) };
}

function quantile(sorted: readonly number[], level: number): number {
  return sorted[Math.round(level * (sorted.length - 1))] ?? Number.NaN;
}
