import { PolicyDocument } from '@origin-stack/contract/policies';
import { evaluatePolicy } from '@origin-stack/sdk/decision/evaluatePolicy';
import { describe, expect, test } from 'vitest';
import { defaultPolicy } from './defaultPolicy.ts';

const document = defaultPolicy({ risk: 'risk-1', anomaly: 'anomaly-1' });
const features = {
  account_age_days: 30,
  upload_velocity_24h: 1,
  device_velocity_24h: 0,
  account_prior_quarantine_count: 0,
  account_prior_reject_count: 0,
  pvid_prior_quarantine_count: 0,
  pvid_prior_reject_count: 0,
};
const calm = { features, riskScore: 0, anomalyScore: 0, mediaType: 'text/plain', sizeBytes: null };

describe('defaultPolicy', () => {
  test('is a valid policy document that names the models it was given', () => {
    expect(PolicyDocument.parse(document)).toEqual(document);
    expect(document).toMatchObject({ risk_model_version: 'risk-1', anomaly_model_version: 'anomaly-1' });
  });

  test.each([
    ['an ordinary upload without a size', {}, 'allow'],
    ['content that was rejected before', { features: { ...features, pvid_prior_reject_count: 1 } }, 'reject'],
    [
      'content that was quarantined before',
      { features: { ...features, pvid_prior_quarantine_count: 1 } },
      'review',
    ],
    [
      'an account with three rejections',
      { features: { ...features, account_prior_reject_count: 3 } },
      'quarantine',
    ],
    ['a program', { mediaType: 'application/x-msdownload' }, 'review'],
    ['a risk of 0.95', { riskScore: 0.95 }, 'reject'],
    ['an anomaly of 0.999', { anomalyScore: 0.999 }, 'quarantine'],
  ])('decides %s as it says', (_, changes, expected) => {
    expect(evaluatePolicy({ document, ...calm, ...changes }).decision).toBe(expected);
  });
});
