import type { Delivery } from '@origin-stack/contract/webhooks';
import { decodeCursor, pageOf } from '../cursor.ts';
import { DomainError } from '../domainError.ts';
import type { Actor, Db } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { readDeliveries } from './deliveryStore.ts';
import { readWebhook } from './webhookStore.ts';

/** The deliveries of one webhook, the newest first. Throws `not_found`. */
export async function listDeliveries(
  deps: { db: Db },
  actor: Actor,
  query: { webhookId: string; limit: number; cursor?: string | undefined },
): Promise<{ items: Delivery[]; next_cursor: string | null }> {
  const { tenantId } = actor;
  const { webhookId, limit } = query;
  const before = query.cursor === undefined ? undefined : decodeCursor('deliveries', query.cursor);
  const rows = await inTenant(deps.db, tenantId, async (tx) => {
    const webhook = await readWebhook(tx, { tenantId, id: webhookId });
    if (!webhook) throw new DomainError('not_found', 'No such webhook.');
    return readDeliveries(tx, { tenantId, webhookId, before, limit: limit + 1 });
  });
  return pageOf(rows, { list: 'deliveries', limit, position: (row) => row.id });
}
