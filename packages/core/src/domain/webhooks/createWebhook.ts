import type { WebhookCreate, WebhookCreated } from '@origin-stack/contract/webhooks';
import type { SecretBox } from '../keys/secretBox.ts';
import type { Actor, Clock, Db, Ids } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import type { AddressRules } from './addressRules.ts';
import { checkWebhookUrl } from './checkWebhookUrl.ts';
import { newWebhookSecret, secretContext } from './webhookSecret.ts';
import { insertWebhook } from './webhookStore.ts';

export interface CreateWebhookDeps {
  db: Db;
  clock: Clock;
  ids: Ids;
  secrets: SecretBox;
  addresses: AddressRules;
}

/**
 * Makes an active webhook. Its secret is in this reply and nowhere else; it is kept encrypted. A second call
 * makes a second webhook. Throws `url_refused`.
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
  const webhook = await inTenant(deps.db, tenantId, (tx) =>
    insertWebhook(tx, {
      id,
      tenantId,
      url,
      events: [...new Set(input.events)],
      description: input.description ?? null,
      sealedSecret,
      createdAt: deps.clock.now(),
    }),
  );
  return { ...webhook, secret };
}
