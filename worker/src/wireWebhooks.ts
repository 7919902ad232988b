import type { DeliverDeps } from '@origin-stack/core/domain/webhooks/deliver';
import { openEgressProxy } from '@origin-stack/core/infra/egressProxy/egressProxy';
import { openAddressRules } from '@origin-stack/core/infra/openAddressRules';
import type { Core } from '@origin-stack/core/infra/openCore';
import { openEndpointBreakers } from '@origin-stack/core/infra/openEndpointBreakers';
import { createWebhookSender } from '@origin-stack/core/infra/webhookSender/webhookSender';

/** What deliveries need beside the core. */
export type WebhookDeps = Pick<DeliverDeps, 'sender' | 'breakers' | 'random'>;

export async function wireWebhooks({ settings, metrics, log, tls }: Core): Promise<WebhookDeps> {
  const rules = await openAddressRules(settings, log);
  const proxy = openEgressProxy(settings, tls);
  return {
    sender: await createWebhookSender({ rules, caFile: settings.WEBHOOK_CA_FILE, proxy }),
    breakers: openEndpointBreakers(metrics),
    random: Math.random,
  };
}
