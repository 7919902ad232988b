import type { Knex } from 'knex';
import type { Db, Tx } from '../ports.ts';

/** What a transaction of ours is begun with (infra/tenantClient.ts). */
type TenantTransactionConfig = Knex.TransactionConfig & { tenantId: string };

/**
 * Runs `work` in one transaction that sees the rows of one tenant and no other: row-level security compares every row
 * with `app.tenant_id`, which the message that begins the transaction sets.
 */
export function inTenant<T>(db: Db, tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  const config: TenantTransactionConfig = { tenantId };
  return db.transaction(work, config);
}
