import type { Webhook, WebhookUpdate } from '@origin-stack/contract/webhooks';
import { DomainError } from '../domainError.ts';
import type { Actor, Db } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import type { AddressRules } from './addressRules.ts';
import { checkWebhookUrl } from './checkWebhookUrl.ts';
import { changeWebhook, readWebhook, type WebhookChange } from './webhookStore.ts';

/**
 * Changes what is given and leaves the rest. Another URL, or `is_active: true`, starts the failure clock anew;
 * after `is_active: false` nothing is sent, and deliveries that are pending end as dead when they come due.
 * A second call changes nothing more. Throws `not_found`, `url_refused`.
 */
export async function updateWebhook(
  deps: { db: Db; addresses: AddressRules },
  actor: Actor,
  input: WebhookUpdate & { id: string },
): Promise<Webhook> {
  const key = { tenantId: actor.tenantId, id: input.id };
  const change = changeOf(deps.addresses, input);
  const webhook = await inTenant(deps.db, actor.tenantId, (tx) =>
    Object.keys(change).length === 0 ? readWebhook(tx, key) : changeWebhook(tx, key, change),
  );
  if (!webhook) throw new DomainError('not_found', 'No such webhook.');
  return webhook;
}

function changeOf(addresses: AddressRules, input: WebhookUpdate): WebhookChange {
  const { url, events, description, is_active } = input;
  return {
    ...(url !== undefined && { url: checkWebhookUrl(addresses, url), failing_since: null }),
    ...(events !== undefined && { events: [...new Set(events)] }),
    ...(description !== undefined && { description }),
    ...(is_active !== undefined && { is_active }),
    ...(is_active === true && { disabled_reason: null, failing_since: null }),
  };
}
