import type { PolicyDocument, PolicyRule } from '@origin-stack/contract/policies';

/** Content that runs where it is opened. */
const executableTypes = [
  'application/vnd.microsoft.portable-executable',
  'application/x-dosexec',
  'application/x-executable',
  'application/x-mach-binary',
  'application/x-msdownload',
  'application/x-msi',
  'application/x-sh',
];

const rules: PolicyRule[] = [
  rule('reject', 'rejected-content', {
    when: { input: 'pvid_prior_reject_count', op: 'gte', value: 1 },
    detail: 'the same content was rejected before',
  }),
  rule('review', 'quarantined-content', {
    when: { input: 'pvid_prior_quarantine_count', op: 'gte', value: 1 },
    detail: 'the same content was quarantined before',
  }),
  rule('quarantine', 'repeat-offender', {
    when: { input: 'account_prior_reject_count', op: 'gte', value: 3 },
    detail: 'the account had three or more uploads rejected',
  }),
  rule('review', 'executable-content', {
    when: { input: 'media_type', op: 'in', value: executableTypes },
    detail: 'the content is a program',
  }),
];

/**
 * The policy that a new tenant starts with, on the given model versions. The risk score is a probability; an anomaly
 * score of 0.99 means "further out than 99 % of the good uploads it was trained on", so that about one ordinary
 * upload in a hundred goes to review.
 */
export function defaultPolicy(models: { risk: string; anomaly: string }): PolicyDocument {
  return {
    rules: structuredClone(rules),
    thresholds: {
      risk: { review: 0.5, quarantine: 0.8, reject: 0.95 },
      anomaly: { review: 0.99, quarantine: 0.999 },
    },
    risk_model_version: models.risk,
    anomaly_model_version: models.anomaly,
  };
}

function rule(
  then: PolicyRule['then'],
  name: string,
  { when, detail }: { when: PolicyRule['when']; detail: string },
): PolicyRule {
  return { name, when, then, detail };
}
