import type { Decision, PolicyDocument } from '@origin-stack/contract/policies';
import type { Fired } from './fired.ts';
import type { NamedInputs } from './policyInputs.ts';

type Kind = keyof PolicyDocument['thresholds'];

/** The thresholds of one score that the score is at or above, each as its own outcome named `<kind>.<outcome>`. */
export function thresholdOutcomes(
  kind: Kind,
  thresholds: Partial<Record<Decision, number>>,
  inputs: NamedInputs,
): Fired[] {
  const input = `${kind}_score`;
  const score = inputs.numbers.get(input) ?? Number.NaN;
  return severeFirst.flatMap((outcome) => {
    const limit = thresholds[outcome];
    if (limit === undefined) return [];
    if (!Number.isFinite(limit)) throw new RangeError(`threshold ${kind}.${outcome} is ${limit}`);
    if (score < limit) return [];
    const detail = `${input} is ${score}, at least ${limit}: ${outcome}`;
    return [{ outcome, reason: { rule: `${kind}.${outcome}`, input, detail } }];
  });
}

const severeFirst = ['reject', 'quarantine', 'review'] as const;
