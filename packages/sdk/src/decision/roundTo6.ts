/**
 * Six decimals for everything that leaves a model: parameters, metrics, scores. It keeps texts short, and the last bits
 * in which two machines' `Math.exp` may differ out of hashes and decisions.
 */
export function roundTo6(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
