import type { Features } from '@origin-stack/contract/policies';
import { featureNames } from './featureNames.ts';

/** What a policy is evaluated on. `sizeBytes` is null where only the content's hash was sent. */
export type PolicyInputs = {
  features: Features;
  riskScore: number;
  anomalyScore: number;
  mediaType: string;
  sizeBytes: number | null;
};

/** Every input under the name that a rule uses for it; null is "not known". */
export type NamedInputs = { numbers: Map<string, number | null>; mediaType: string };

/** Checks the inputs and names them. Throws a `RangeError` that names the first one out of range. */
export function readInputs({
  features,
  riskScore,
  anomalyScore,
  mediaType,
  sizeBytes,
}: PolicyInputs): NamedInputs {
  const numbers = new Map<string, number | null>();
  for (const name of featureNames) numbers.set(name, inRange(name, features[name], Number.MAX_SAFE_INTEGER));
  numbers.set('risk_score', inRange('risk_score', riskScore, 1));
  numbers.set('anomaly_score', inRange('anomaly_score', anomalyScore, 1));
  numbers.set(
    'size_bytes',
    sizeBytes === null ? null : inRange('size_bytes', sizeBytes, Number.MAX_SAFE_INTEGER),
  );
  return { numbers, mediaType: mediaEssence(mediaType) };
}

/** Type and subtype in lower case without parameters (RFC 9110 section 8.3.1), so that `Text/HTML; q=1` is no way round a rule. */
export function mediaEssence(mediaType: string): string {
  return (mediaType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

function inRange(name: string, value: number, max: number): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= max)) {
    throw new RangeError(`policy input ${name} is ${value}: a number from 0 to ${max} is needed`);
  }
  return value;
}
