import { unlessAborted } from '@origin-stack/core/infra/unlessAborted';
import type { OriginClient } from '@origin-stack/sdk';
import { startWebhookReceiver, type WebhookReceiver } from './webhookReceiver.ts';

export interface WebhookOptions {
  /** Ends the work, and what was made for it still goes. */
  signal: AbortSignal;
  /** One on this host where unset. */
  start?: (() => Promise<WebhookReceiver>) | undefined;
}

/** Runs `work` with a webhook that leads to a receiver of ours; both are gone afterwards. */
export async function withWebhook<T>(
  client: OriginClient,
  work: (receiver: WebhookReceiver) => Promise<T>,
  { signal, start = startWebhookReceiver }: WebhookOptions,
): Promise<T> {
  await using receiver = await start();
  const webhook = await client.createWebhook({
    url: receiver.url,
    events: ['decision.created', 'evidence.ready', 'evidence.failed'],
    description: 'a receiver that ends with its command',
  });
  if (webhook.secret === null) throw new Error('the reply to a new webhook held no secret');
  receiver.trust(webhook.secret);
  try {
    return await unlessAborted(signal, work(receiver));
  } finally {
    await client.deleteWebhook(webhook.id);
  }
}
