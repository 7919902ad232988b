import { DomainError } from '../domainError.ts';
import { parseNetwork } from '../keys/addressAllowed.ts';
import { listKeys } from '../keys/keyStore.ts';
import type { Db } from '../ports.ts';
import { inTenant } from './inTenant.ts';
import { updateAllowlist } from './tenantStore.ts';

/**
 * Sets the networks from which a tenant's keys may be used; none admits all. Returns the prefixes of its keys, whose
 * cached copies are stale now. Throws `validation_failed` for what is not a network, `not_found` for no tenant.
 */
export async function allowNetworks(
  deps: { db: Db },
  input: { tenantId: string; networks: string[] },
): Promise<string[]> {
  refuseWrongNetworks(input.networks);
  return inTenant(deps.db, input.tenantId, async (tx) => {
    if (!(await updateAllowlist(tx, input))) throw new DomainError('not_found', 'No such tenant.');
    return (await listKeys(tx, input.tenantId)).map((key) => key.prefix);
  });
}

/** Throws `validation_failed` for what is not a network. */
export function refuseWrongNetworks(networks: string[]): void {
  const wrong = networks.filter((network) => !parseNetwork(network));
  if (wrong.length > 0) throw new DomainError('validation_failed', `Not a network: ${wrong.join(', ')}`);
}
