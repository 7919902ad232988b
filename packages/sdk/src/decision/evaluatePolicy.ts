import type { Reason } from '@origin-stack/contract/ingest';
import type { Decision, PolicyDocument } from '@origin-stack/contract/policies';
import { type PolicyInputs, readInputs } from './policyInputs.ts';
import { ruleOutcome } from './ruleOutcome.ts';
import { thresholdOutcomes } from './thresholdOutcomes.ts';

export type PolicyResult = { decision: Decision; reasons: Reason[] };

/**
 * Decides by a policy document. The most severe outcome wins. Every rule and threshold that fired is a reason,
 * the most severe first and in the document's order within one severity; where none fired the one reason is
 * the rule `default`.
 *
 * Pure: the same arguments give the same result. Throws a `RangeError` for a score outside 0..1, for a negative or
 * non-finite input, and for a limit that is not a finite number: each would compare as false, and so as "allow".
 */
export function evaluatePolicy({
  document,
  ...given
}: PolicyInputs & { document: PolicyDocument }): PolicyResult {
  const inputs = readInputs(given);
  const fired = [
    ...document.rules.map((rule) => ruleOutcome(rule, inputs)),
    ...thresholdOutcomes('risk', document.thresholds.risk, inputs),
    ...thresholdOutcomes('anomaly', document.thresholds.anomaly, inputs),
  ].filter((outcome) => outcome !== null);

  const sorted = fired.toSorted((a, b) => severity(b.outcome) - severity(a.outcome));
  return {
    decision: sorted[0]?.outcome ?? 'allow',
    reasons: sorted.length > 0 ? sorted.map((one) => one.reason) : [nothingFired],
  };
}

const nothingFired: Reason = {
  rule: 'default',
  input: 'none',
  detail: 'no rule and no threshold fired: allow',
};

const severities: Record<Decision, number> = { allow: 0, review: 1, quarantine: 2, reject: 3 };

/** 0 for allow up to 3 for reject. */
export function severity(decision: Decision): number {
  return severities[decision];
}
