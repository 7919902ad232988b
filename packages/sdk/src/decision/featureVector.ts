import type { FeatureName, Features } from '@origin-stack/contract/policies';

/**
 * The named features in order, each as ln(1 + x): counts and ages spread over decades, and the logarithm makes the step
 * from 1 to 10 weigh as much as that from 100 to 1,000. Throws a `RangeError` for a value that is negative or not finite.
 */
export function featureVector(features: Features, names: readonly FeatureName[]): number[] {
  return names.map((name) => {
    const value = features[name];
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
      throw new RangeError(`feature ${name} is ${value}: a finite number from 0 on is needed`);
    }
    return Math.log1p(value);
  });
}
