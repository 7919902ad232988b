import type { LedgerEvent } from '@origin-stack/contract/ledger';
import { decodeCursor, pageOf } from '../cursor.ts';
import type { Actor, Db } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { readEventsAfter } from './ledgerStore.ts';

/** One page of the tenant's ledger in the order of its sequence. Throws `unprocessable` for a foreign cursor. */
export async function listEvents(
  deps: { db: Db },
  actor: Actor,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: LedgerEvent[]; next_cursor: string | null }> {
  const after = query.cursor === undefined ? 0 : Number(decodeCursor('ledger', query.cursor, 'sequence'));
  const rows = await inTenant(deps.db, actor.tenantId, (tx) =>
    readEventsAfter(tx, { tenantId: actor.tenantId, after, limit: query.limit + 1 }),
  );
  return pageOf(
    rows.map(({ upload_id: _, ...event }) => event),
    { list: 'ledger', limit: query.limit, position: (event) => String(event.sequence) },
  );
}
