import { randomUUID } from 'node:crypto';
import type { OriginClient } from '@origin-stack/sdk';
import type { Step } from '../lib/progress.ts';
import { type ProvenItem, proveItem } from './proveItem.ts';
import { type WebhookOptions, withWebhook } from './withWebhook.ts';

/** Proves one item of the product's own, which tells nothing of anybody. */
export async function proveSelf(
  client: OriginClient,
  step: Step,
  options: WebhookOptions,
): Promise<ProvenItem> {
  const jwks = await client.getJwks();
  const item = {
    external_id: `self-check-${randomUUID()}`,
    account: { external_id: 'self-check' },
    content: { text: 'Origin Stack checks itself.', media_type: 'text/plain' },
  };
  return await withWebhook(client, (receiver) => proveItem({ client, jwks, receiver }, item, step), options);
}
