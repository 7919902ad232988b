import type { Db, Tx } from '../ports.ts';

/**
 * Runs `work` in one transaction that sees the rows of one tenant and no other:
 * row-level security compares every row with the setting made here.
 */
export function inTenant<T>(db: Db, tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await tx.raw("select set_config('app.tenant_id', ?, true)", [tenantId]);
    return work(tx);
  });
}
