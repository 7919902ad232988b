import type { WebhookCreate, WebhookCreated } from '@origin-stack/contract/webhooks';
import { DomainError } from '../domainError.ts';
import type { SecretBox } from '../keys/secretBox.ts';
import type { Actor, Clock, Db, Ids } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import type { AddressRules } from './addressRules.ts';
import { checkWebhookUrl } from './checkWebhookUrl.ts';
import { newWebhookSecret, secretContext } from './webhookSecret.ts';
import { insertWebhook, lockAndCountWebhooks } from './webhookStore.ts';

const MAX_WEBHOOKS = 50;

export interface CreateWebhookDeps {
  db: Db;
  clock: Clock;
  ids: Ids;
  secrets: SecretBox;
  addresses: AddressRules;
}

/**
 * Makes an active webhook. Its secret is in this reply and nowhere else; it is kept encrypted. A second call
 * makes a second webhook. Throws `url_refused`, and `unprocessable` where the tenant has as many as it may.
 */
export async function createWebhook(
  deps: CreateWebhookDeps,
  actor: Actor,
  input: WebhookCreate,
): Promise<WebhookCreated> {
  const { tenantId } = actor;
  const url = checkWebhookUrl(deps.addresses, input.url);
  const id = deps.ids.next();
  const secret = newWebhookSecret();
  const sealedSecret = await deps.secrets.seal(secretContext({ tenantId, id }), secret);
  const webhook = await inTenant(deps.db, tenantId, async (tx) => {
    // Every event is written once for each webhook, in the transaction that makes it: their number must have an end.
    if ((await lockAndCountWebhooks(tx, tenantId)) >= MAX_WEBHOOKS) {
      throw new DomainError('unprocessable', `A tenant has at most ${MAX_WEBHOOKS} webhooks.`);
    }
    return insertWebhook(tx, {
      id,
      tenantId,
      url,
      events: [...new Set(input.events)],
      description: input.description ?? null,
      sealedSecret,
      createdAt: deps.clock.now(),
    });
  });
  return { ...webhook, secret };
}
