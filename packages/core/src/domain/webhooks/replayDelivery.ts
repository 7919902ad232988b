import type { DeliveryAccepted } from '@origin-stack/contract/webhooks';
import { DomainError } from '../domainError.ts';
import { insertWork } from '../outbox/outboxStore.ts';
import type { Actor, Clock, Db, Ids } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { lockDelivery, restartDelivery } from './deliveryStore.ts';

/**
 * Begins an ended delivery anew, with the same event id and all attempts. Of two calls at once one wins, and
 * while it is tried a second call throws `delivery_in_flight`: a delivery has one piece of work at most.
 * Throws `not_found`, and `unprocessable` where the webhook is disabled.
 */
export function replayDelivery(
  deps: { db: Db; clock: Clock; ids: Ids },
  actor: Actor,
  id: string,
): Promise<DeliveryAccepted> {
  const { tenantId } = actor;
  return inTenant(deps.db, tenantId, async (tx) => {
    const delivery = await lockDelivery(tx, { tenantId, id });
    if (!delivery) throw new DomainError('not_found', 'No such delivery.');
    if (delivery.status === 'pending') {
      throw new DomainError('delivery_in_flight', 'The delivery is still being tried.');
    }
    if (!delivery.webhook_is_active) throw new DomainError('unprocessable', 'The webhook is disabled.');
    const now = deps.clock.now();
    await restartDelivery(tx, { tenantId, id, now });
    await insertWork(tx, [
      {
        id: deps.ids.next(),
        tenantId,
        name: 'webhook.deliver',
        payload: { delivery_id: id },
        correlationId: actor.correlationId,
        availableAt: now,
      },
    ]);
    return { delivery_id: id, event_id: delivery.event_id };
  });
}
