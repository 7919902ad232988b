import type { DeliverDeps } from '@origin-stack/core/domain/webhooks/deliver';
import { openAddressRules } from '@origin-stack/core/infra/openAddressRules';
import type { Core } from '@origin-stack/core/infra/openCore';
import { openEndpointBreakers } from '@origin-stack/core/infra/openEndpointBreakers';
import { createWebhookSender } from '@origin-stack/core/infra/webhookSender/webhookSender';

/** What deliveries need beside the core. */
export type WebhookDeps = Pick<DeliverDeps, 'sender' | 'breakers' | 'random'>;

export async function wireWebhooks({ settings, metrics, log }: Core): Promise<WebhookDeps> {
  const rules = await openAddressRules(settings, log);
  return {
    sender: await createWebhookSender({ rules, caFile: settings.WEBHOOK_CA_FILE }),
    breakers: openEndpointBreakers(metrics),
    random: Math.random,
  };
}
