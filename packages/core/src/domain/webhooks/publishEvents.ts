import type { WebhookEventType } from '@origin-stack/contract/webhooks';
import { canonicalJson } from '@origin-stack/sdk/canonicalJson';
import type { JsonObject } from '@origin-stack/sdk/jsonValue';
import { insertWork, type NewWork } from '../outbox/outboxStore.ts';
import type { Clock, Ids, Tx } from '../ports.ts';
import { insertDeliveries, insertWebhookEvents, type NewDelivery, readSubscriptions } from './eventStore.ts';

export interface EventToPublish {
  type: WebhookEventType;
  data: JsonObject;
  correlationId: string;
}

/**
 * Hands events to the tenant's webhooks that ask for them: event, deliveries and work are written in the caller's
 * transaction. Where nobody asks, nothing is written.
 */
export async function publishEvents(
  deps: { clock: Clock; ids: Ids },
  { tx, tenantId }: { tx: Tx; tenantId: string },
  events: EventToPublish[],
): Promise<void> {
  const types = [...new Set(events.map((event) => event.type))];
  const subscriptions = await readSubscriptions(tx, { tenantId, types });
  if (subscriptions.length === 0) return;
  const now = deps.clock.now();
  const wanted = events
    .map((event) => ({
      ...event,
      id: deps.ids.next(),
      webhooks: subscriptions.filter((subscription) => subscription.events.includes(event.type)),
    }))
    .filter((event) => event.webhooks.length > 0);
  const deliveries = wanted.flatMap((event) =>
    event.webhooks.map((webhook): NewDelivery & { correlationId: string } => ({
      id: deps.ids.next(),
      webhookId: webhook.id,
      eventId: event.id,
      correlationId: event.correlationId,
    })),
  );
  await insertWebhookEvents(
    tx,
    wanted.map((event) => ({
      id: event.id,
      tenantId,
      type: event.type,
      dataJson: canonicalJson(event.data),
      correlationId: event.correlationId,
      createdAt: now,
    })),
  );
  await insertDeliveries(tx, { tenantId, now, deliveries });
  await insertWork(
    tx,
    deliveries.map(
      (delivery): NewWork => ({
        id: deps.ids.next(),
        tenantId,
        name: 'webhook.deliver',
        payload: { delivery_id: delivery.id },
        correlationId: delivery.correlationId,
        availableAt: now,
      }),
    ),
  );
}
