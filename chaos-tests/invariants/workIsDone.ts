import type { Tenant } from '../product/makeTenants.ts';
import type { OwnerDatabase } from '../product/openOwner.ts';

/** Throws while there is work that is not done: how much, and the last error of the oldest. */
export async function workIsDone(owner: OwnerDatabase, tenants: Tenant[]): Promise<void> {
  const [backlog] = await owner.rows<{ waiting: number; error: string | null }>(
    `
    select count(*)::int as waiting, (array_agg(last_error order by available_at))[1] as error
    from outbox where done_at is null and tenant_id = any($1)`,
    [tenants.map(({ id }) => id)],
  );
  if (backlog?.waiting !== 0) throw new Error(`${backlog?.waiting} pieces of work wait: ${backlog?.error}`);
}
