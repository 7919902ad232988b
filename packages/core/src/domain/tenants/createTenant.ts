import { genesisHash } from '../ledger/genesisHash.ts';
import { insertHead } from '../ledger/ledgerStore.ts';
import { addPolicy, type PolicyDeps } from '../policy/createPolicy.ts';
import { defaultPolicy } from '../policy/defaultPolicy.ts';
import { inTenant } from './inTenant.ts';
import { insertTenant } from './tenantStore.ts';

export interface TenantInput {
  name: string;
  /** Versions of the models that the policy `default` begins with. */
  models: { risk: string; anomaly: string };
  correlationId: string;
}

/**
 * Makes a tenant with an empty ledger and version 1 of the policy `default`, in one transaction.
 * Only the owner role may. A second call makes a second tenant: names are not unique.
 */
export async function createTenant(
  deps: PolicyDeps,
  input: TenantInput,
): Promise<{ tenantId: string; policyId: string }> {
  const tenantId = deps.ids.next();
  const policy = await inTenant(deps.db, tenantId, async (tx) => {
    await insertTenant(tx, { id: tenantId, name: input.name, createdAt: deps.clock.now() });
    await insertHead(tx, tenantId, genesisHash(tenantId));
    const actor = { tenantId, type: 'operator', id: 'stack', correlationId: input.correlationId } as const;
    return addPolicy(deps, { tx, actor }, { name: 'default', document: defaultPolicy(input.models) });
  });
  return { tenantId, policyId: policy.id };
}
