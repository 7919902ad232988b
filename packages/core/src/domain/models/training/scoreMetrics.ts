import { meanOf } from './standardise.ts';

/** A score and what the upload turned out to be. */
export type Scored = { score: number; bad: boolean };

/** The chance that a bad row scores above a good one, ties counting half: 0.5 knows nothing, 1 separates (Mann-Whitney). */
export function areaUnderCurve(rows: readonly Scored[]): number {
  const sorted = rows.toSorted((a, b) => a.score - b.score);
  let rankSum = 0;
  let bad = 0;
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (end < sorted.length && sorted[end]?.score === sorted[start]?.score) end += 1;
    const badHere = sorted.slice(start, end).filter((row) => row.bad).length;
    rankSum += (badHere * (start + 1 + end)) / 2;
    bad += badHere;
    start = end;
  }
  return (rankSum - (bad * (bad + 1)) / 2) / (bad * (sorted.length - bad));
}

/** Mean squared error of the score as a probability: lower is better. */
export function brierScore(rows: readonly Scored[]): number {
  return meanOf(rows.map(({ score, bad }) => (score - (bad ? 1 : 0)) ** 2));
}

/** The share of the rows whose score reaches the limit. */
export function shareAtLeast(rows: readonly Scored[], limit: number): number {
  return meanOf(rows.map(({ score }) => (score >= limit ? 1 : 0)));
}
