import { listTenants, type TenantRow } from '@origin-stack/core/domain/tenants/tenantStore';
import { UsageError } from '../lib/commandErrors.ts';
import type { Operator } from './operator.ts';

/** The tenant of an id or a name. Throws where there is none, or several of the name. */
export async function findTenant({ db }: Operator, wanted: string): Promise<TenantRow> {
  const tenants = await db.transaction(listTenants);
  const found = tenants.filter((tenant) => tenant.id === wanted || tenant.name === wanted);
  const [only] = found;
  if (only && found.length === 1) return only;
  if (!only) {
    throw new UsageError({ what: `there is no tenant ${wanted}`, next: 'see them: ./stack tenant list' });
  }
  throw new UsageError({
    what: `${found.length} tenants are called ${wanted}`,
    why: found.map((tenant) => tenant.id).join(', '),
    next: 'name one by its id',
  });
}
