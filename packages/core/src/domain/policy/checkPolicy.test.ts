import type { PolicyDocument, PolicyRule } from '@origin-stack/contract/policies';
import { evaluatePolicy } from '@origin-stack/sdk/decision/evaluatePolicy';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DomainError } from '../domainError.ts';
import { checkPolicy } from './checkPolicy.ts';
import { defaultPolicy } from './defaultPolicy.ts';

const base = defaultPolicy({ risk: 'r', anomaly: 'a' });
const rule = (name: string): PolicyRule => ({
  name,
  when: { input: 'risk_score', op: 'gt', value: 0.5 },
  then: 'review',
});

function pointersOf(document: PolicyDocument): string[] {
  try {
    checkPolicy(document);
    return [];
  } catch (error) {
    expect(error).toMatchObject({ code: 'unprocessable' });
    return (error as DomainError).errors?.map((one) => one.pointer) ?? [];
  }
}

const withThresholds = (risk: [number, number, number], anomaly: [number, number]): PolicyDocument => ({
  ...base,
  thresholds: {
    risk: { review: risk[0], quarantine: risk[1], reject: risk[2] },
    anomaly: { review: anomaly[0], quarantine: anomaly[1] },
  },
});

describe('a policy', () => {
  it('may have equal thresholds, which leave a milder outcome out', () => {
    expect(pointersOf(withThresholds([0.5, 0.5, 0.5], [1, 1]))).toEqual([]);
    expect(pointersOf(base)).toEqual([]);
  });

  it.each([
    [withThresholds([0.9, 0.8, 0.95], [0.1, 0.2]), ['/document/thresholds/risk/review']],
    [withThresholds([0.1, 0.8, 0.7], [0.1, 0.2]), ['/document/thresholds/risk/quarantine']],
    [withThresholds([0.1, 0.2, 0.3], [0.2, 0.1]), ['/document/thresholds/anomaly/review']],
    [
      withThresholds([0.3, 0.2, 0.1], [1, 0]),
      [
        '/document/thresholds/risk/review',
        '/document/thresholds/risk/quarantine',
        '/document/thresholds/anomaly/review',
      ],
    ],
  ])('is refused where a threshold is above a more severe one: case %#', (document, pointers) => {
    expect(pointersOf(document)).toEqual(pointers);
  });

  it('is refused where two rules have one name, at the later one', () => {
    const rules = ['a', 'b', 'a', 'a'].map(rule);
    expect(pointersOf({ ...base, rules })).toEqual(['/document/rules/2/name', '/document/rules/3/name']);
  });

  it('is refused where a rule has a name that the engine gives a reason, whatever the scores', () => {
    const score = fc.double({ min: 0, max: 1, noNaN: true });
    const features = {
      account_age_days: 1,
      upload_velocity_24h: 0,
      device_velocity_24h: 0,
      account_prior_quarantine_count: 0,
      account_prior_reject_count: 0,
      pvid_prior_quarantine_count: 0,
      pvid_prior_reject_count: 0,
    };
    fc.assert(
      fc.property(score, score, (riskScore, anomalyScore) => {
        const document = { ...base, rules: [] };
        const given = { document, features, riskScore, anomalyScore, mediaType: 'a/b', sizeBytes: 1 };
        for (const reason of evaluatePolicy(given).reasons) {
          expect(pointersOf({ ...base, rules: [rule(reason.rule)] })).toEqual(['/document/rules/0/name']);
        }
      }),
    );
  });
});
