import { columnOf } from '../columnOf.ts';
import type { Tx } from '../ports.ts';

export interface NewWebhookEvent {
  id: string;
  tenantId: string;
  type: string;
  dataJson: string;
  correlationId: string;
  createdAt: string;
}

export interface NewDelivery {
  id: string;
  webhookId: string;
  eventId: string;
}

/**
 * The tenant's active webhooks that ask for one of the types. They stay until the transaction ends: one that was
 * deleted meanwhile would fail the deliveries' foreign key, and with it the decision.
 */
export async function readSubscriptions(
  tx: Tx,
  query: { tenantId: string; types: string[] },
): Promise<{ id: string; events: string[] }[]> {
  const { rows } = await tx.raw(
    `select id, events from webhooks where tenant_id = ? and is_active and events && ?::text[] order by id
     for key share`,
    [query.tenantId, query.types],
  );
  return rows;
}

export async function insertWebhookEvents(tx: Tx, events: NewWebhookEvent[]): Promise<void> {
  await tx.raw(
    `insert into webhook_events (id, tenant_id, type, data_json, correlation_id, created_at)
     select * from unnest(?::uuid[], ?::uuid[], ?::text[], ?::text[], ?::text[], ?::timestamptz[])`,
    (['id', 'tenantId', 'type', 'dataJson', 'correlationId', 'createdAt'] as const).map((name) =>
      columnOf(events, name),
    ),
  );
}

export async function insertDeliveries(
  tx: Tx,
  input: { tenantId: string; now: string; deliveries: NewDelivery[] },
): Promise<void> {
  await tx.raw(
    `insert into webhook_deliveries (id, webhook_id, event_id, tenant_id, status, next_attempt_at, created_at)
     select *, ?::uuid, 'pending', ?::timestamptz, ?::timestamptz from unnest(?::uuid[], ?::uuid[], ?::uuid[])`,
    [
      input.tenantId,
      input.now,
      input.now,
      columnOf(input.deliveries, 'id'),
      columnOf(input.deliveries, 'webhookId'),
      columnOf(input.deliveries, 'eventId'),
    ],
  );
}
