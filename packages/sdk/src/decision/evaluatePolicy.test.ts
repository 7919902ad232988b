import {
  FEATURE_NAMES,
  type Features,
  type PolicyDocument,
  type PolicyRule,
} from '@origin-stack/contract/policies';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluatePolicy, severity } from './evaluatePolicy.ts';

const features: Features = {
  account_age_days: 100,
  upload_velocity_24h: 3,
  device_velocity_24h: 0,
  account_prior_quarantine_count: 0,
  account_prior_reject_count: 0,
  pvid_prior_quarantine_count: 0,
  pvid_prior_reject_count: 0,
};
const calm = { features, riskScore: 0.1, anomalyScore: 0.1, mediaType: 'text/plain', sizeBytes: 10 };

function policy(...rules: PolicyRule[]): PolicyDocument {
  return {
    rules,
    thresholds: {
      risk: { review: 0.5, quarantine: 0.8, reject: 0.95 },
      anomaly: { review: 0.9, quarantine: 0.99 },
    },
    risk_model_version: 'risk-1',
    anomaly_model_version: 'anomaly-1',
  };
}

const rule = (when: PolicyRule['when'], then: PolicyRule['then'] = 'review'): PolicyRule => ({
  name: 'r',
  when,
  then,
});
const decide = (when: PolicyRule['when'], changes: object = {}) =>
  evaluatePolicy({ document: policy(rule(when)), ...calm, ...changes }).decision;

describe('evaluatePolicy', () => {
  test('allows with the one reason `default` where nothing fires', () => {
    const result = evaluatePolicy({ document: policy(), ...calm });
    expect(result.decision).toBe('allow');
    expect(result.reasons).toEqual([
      { rule: 'default', input: 'none', detail: expect.stringContaining('allow') },
    ]);
  });

  test('takes the most severe outcome and names everything that fired, severest first', () => {
    const document = policy(
      rule({ input: 'upload_velocity_24h', op: 'gt', value: 2 }, 'review'),
      {
        ...rule({ input: 'media_type', op: 'in', value: ['text/plain'] }, 'reject'),
        name: 'text',
        detail: 'no text',
      },
      rule({ input: 'size_bytes', op: 'gt', value: 10 }, 'reject'),
    );
    const result = evaluatePolicy({ document, ...calm, riskScore: 0.8 });
    expect(result.decision).toBe('reject');
    expect(result.reasons).toEqual([
      { rule: 'text', input: 'media_type', detail: 'no text' },
      { rule: 'risk.quarantine', input: 'risk_score', detail: 'risk_score is 0.8, at least 0.8: quarantine' },
      { rule: 'r', input: 'upload_velocity_24h', detail: 'upload_velocity_24h is 3, above 2: review' },
      { rule: 'risk.review', input: 'risk_score', detail: 'risk_score is 0.8, at least 0.5: review' },
    ]);
  });

  test.each([
    ['lt', 3, 'allow'],
    ['lt', 3.5, 'review'],
    ['lte', 3, 'review'],
    ['lte', 2, 'allow'],
    ['gt', 3, 'allow'],
    ['gt', 2, 'review'],
    ['gte', 3, 'review'],
    ['gte', 4, 'allow'],
    ['eq', 3, 'review'],
    ['eq', 2, 'allow'],
    ['ne', 2, 'review'],
    ['ne', 3, 'allow'],
  ] as const)('with an input of 3, `%s %d` gives %s', (op, value, expected) => {
    expect(decide({ input: 'upload_velocity_24h', op, value })).toBe(expected);
  });

  test('compares media types without case and parameters', () => {
    const html = { mediaType: 'Text/HTML; charset=utf-8' };
    expect(decide({ input: 'media_type', op: 'eq', value: 'text/html' }, html)).toBe('review');
    expect(decide({ input: 'media_type', op: 'ne', value: 'text/html' }, html)).toBe('allow');
    expect(decide({ input: 'media_type', op: 'in', value: ['a/b', 'text/html'] }, html)).toBe('review');
    expect(decide({ input: 'media_type', op: 'in', value: ['a/b'] }, html)).toBe('allow');
  });

  test('sends a rule on an unknown size to review', () => {
    const result = evaluatePolicy({
      document: policy(rule({ input: 'size_bytes', op: 'gt', value: 1e6 }, 'reject')),
      ...calm,
      sizeBytes: null,
    });
    expect(result.decision).toBe('review');
    expect(result.reasons[0]?.detail).toContain('not known');
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -0.1, 1.1, undefined as unknown as number])(
    'refuses a score of %s instead of allowing',
    (score) => {
      expect(() => evaluatePolicy({ document: policy(), ...calm, riskScore: score })).toThrow(/risk_score/);
      expect(() => evaluatePolicy({ document: policy(), ...calm, anomalyScore: score })).toThrow(
        /anomaly_score/,
      );
    },
  );

  test.each([...FEATURE_NAMES])('refuses a %s that is not a number from 0 on', (name) => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, -1, undefined as unknown as number]) {
      const changed = { ...features, [name]: bad };
      expect(() => evaluatePolicy({ document: policy(), ...calm, features: changed })).toThrow(name);
    }
  });

  test('refuses limits that are not finite, unknown inputs and unknown operators', () => {
    const evaluate = (document: PolicyDocument) => () => evaluatePolicy({ document, ...calm });
    const nan = policy();
    nan.thresholds.risk.reject = Number.NaN;
    expect(evaluate(nan)).toThrow(/risk\.reject/);
    expect(evaluate(policy(rule({ input: 'risk_score', op: 'gt', value: Number.NaN })))).toThrow(
      /compares with NaN/,
    );
    const strange = { input: 'color', op: 'gt', value: 1 } as unknown as PolicyRule['when'];
    expect(evaluate(policy(rule(strange)))).toThrow(/unknown input: color/);
    const operator = { input: 'risk_score', op: 'like', value: 1 } as unknown as PolicyRule['when'];
    expect(evaluate(policy(rule(operator)))).toThrow(/unknown operator: like/);
  });

  test('never decides milder when a score rises', () => {
    const score = fc.double({ min: 0, max: 1, noNaN: true });
    const thresholds = fc.record({
      risk: fc.record({ review: score, quarantine: score, reject: score }),
      anomaly: fc.record({ review: score, quarantine: score }),
    });
    const property = fc.property(thresholds, score, score, score, (thresholds, other, one, two) => {
      const document = { ...policy(), thresholds };
      const at = (riskScore: number, anomalyScore: number) =>
        severity(evaluatePolicy({ document, ...calm, riskScore, anomalyScore }).decision);
      const [low, high] = one < two ? [one, two] : [two, one];
      expect(at(high, other)).toBeGreaterThanOrEqual(at(low, other));
      expect(at(other, high)).toBeGreaterThanOrEqual(at(other, low));
    });
    fc.assert(property, { numRuns: 500 });
  });
});
