import { createHash, randomUUID } from 'node:crypto';
import type { IngestRequest } from '@origin-stack/contract/ingest';
import type { PolicyCreate } from '@origin-stack/contract/policies';
import type { WebhookCreate } from '@origin-stack/contract/webhooks';

/** An ingest that is decided on; each with an external id of its own. */
export function exampleIngest(change: Partial<IngestRequest> = {}): IngestRequest {
  return {
    external_id: `upload-${randomUUID()}`,
    account: { external_id: 'account-1', created_at: '2024-05-01T10:00:00Z' },
    device: { external_id: 'device-1' },
    content: {
      sha256: createHash('sha256').update('content').digest('hex'),
      media_type: 'image/png',
      size_bytes: 7,
    },
    metadata: { campaign: 'spring', retries: 2, flagged: false, note: null },
    ...change,
  };
}

export const exampleWebhook = (change: Partial<WebhookCreate> = {}): WebhookCreate => ({
  url: 'https://receiver.example/hooks',
  events: ['decision.created'],
  description: 'a receiver',
  ...change,
});

/** A policy on models that are loaded, with a rule that every upload of a PNG meets. */
export function examplePolicy(
  models: { risk: string; anomaly: string },
  detail = 'images are looked at',
): PolicyCreate {
  return {
    name: 'images',
    document: {
      rules: [
        { name: 'png', when: { input: 'media_type', op: 'eq', value: 'image/png' }, then: 'review', detail },
      ],
      thresholds: {
        risk: { review: 0.5, quarantine: 0.8, reject: 0.95 },
        anomaly: { review: 0.99, quarantine: 0.999 },
      },
      risk_model_version: models.risk,
      anomaly_model_version: models.anomaly,
    },
  };
}
