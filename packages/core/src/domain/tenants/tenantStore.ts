import type { Db, Tx } from '../ports.ts';

export interface TenantRow {
  id: string;
  name: string;
  ip_allowlist: string[];
  created_at: string;
}

export async function insertTenant(
  tx: Tx,
  tenant: { id: string; name: string; createdAt: string },
): Promise<void> {
  await tx('tenants').insert({ id: tenant.id, name: tenant.name, created_at: tenant.createdAt });
}

/** All tenants; for the owner role, whom the wall does not stop. */
export async function listTenants(tx: Tx): Promise<TenantRow[]> {
  return tx('tenants').orderBy('id').select('id', 'name', 'ip_allowlist', 'created_at');
}

/** Ids of tenants behind one, in order, also through the wall: for the worker. */
export async function readTenantIds(db: Db, after: string, limit: number): Promise<string[]> {
  const { rows } = await db.raw('select * from tenant_ids(?, ?) as id', [after, limit]);
  return rows.map((row: { id: string }) => row.id);
}

/** True where the tenant exists. */
export async function updateAllowlist(
  tx: Tx,
  change: { tenantId: string; networks: string[] },
): Promise<boolean> {
  const { rowCount } = await tx.raw('update tenants set ip_allowlist = ? where id = ?', [
    change.networks,
    change.tenantId,
  ]);
  return rowCount === 1;
}
