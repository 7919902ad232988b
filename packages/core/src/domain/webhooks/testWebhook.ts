import type { DeliveryAccepted } from '@origin-stack/contract/webhooks';
import { DomainError } from '../domainError.ts';
import { insertWork } from '../outbox/outboxStore.ts';
import type { Actor, Clock, Db, Ids } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { insertDeliveries, insertWebhookEvents } from './eventStore.ts';
import { holdWebhook } from './webhookStore.ts';

/**
 * Sends the event `webhook.test` to one webhook, whatever it asked for, and to no other. A second call sends
 * another. Throws `not_found`, and `unprocessable` where the webhook is disabled.
 */
export function testWebhook(
  deps: { db: Db; clock: Clock; ids: Ids },
  actor: Actor,
  id: string,
): Promise<DeliveryAccepted> {
  const { tenantId, correlationId } = actor;
  return inTenant(deps.db, tenantId, async (tx) => {
    const webhook = await holdWebhook(tx, { tenantId, id });
    if (!webhook) throw new DomainError('not_found', 'No such webhook.');
    if (!webhook.is_active) throw new DomainError('unprocessable', 'The webhook is disabled.');
    const now = deps.clock.now();
    const event = { id: deps.ids.next(), tenantId, type: 'webhook.test', dataJson: '{}', correlationId };
    const delivery = { id: deps.ids.next(), webhookId: id, eventId: event.id };
    await insertWebhookEvents(tx, [{ ...event, createdAt: now }]);
    await insertDeliveries(tx, { tenantId, now, deliveries: [delivery] });
    await insertWork(tx, [
      {
        id: deps.ids.next(),
        tenantId,
        name: 'webhook.deliver',
        payload: { delivery_id: delivery.id },
        correlationId,
        availableAt: now,
      },
    ]);
    return { delivery_id: delivery.id, event_id: event.id };
  });
}
