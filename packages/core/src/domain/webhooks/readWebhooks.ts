import type { Webhook } from '@origin-stack/contract/webhooks';
import { decodeCursor, pageOf } from '../cursor.ts';
import { DomainError } from '../domainError.ts';
import type { Actor, Db } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import * as store from './webhookStore.ts';

/** A webhook without its secret, or `not_found`. */
export async function getWebhook(deps: { db: Db }, actor: Actor, id: string): Promise<Webhook> {
  const { tenantId } = actor;
  const webhook = await inTenant(deps.db, tenantId, (tx) => store.readWebhook(tx, { tenantId, id }));
  if (!webhook) throw new DomainError('not_found', 'No such webhook.');
  return webhook;
}

/** The tenant's webhooks, the newest first. */
export async function listWebhooks(
  deps: { db: Db },
  actor: Actor,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: Webhook[]; next_cursor: string | null }> {
  const before = query.cursor === undefined ? undefined : decodeCursor('webhooks', query.cursor);
  const rows = await inTenant(deps.db, actor.tenantId, (tx) =>
    store.readWebhooks(tx, { tenantId: actor.tenantId, before, limit: query.limit + 1 }),
  );
  return pageOf(rows, { list: 'webhooks', limit: query.limit, position: (row) => row.id });
}
