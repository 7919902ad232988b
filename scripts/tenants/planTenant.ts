import { refuseWrongNetworks } from '@origin-stack/core/domain/tenants/allowNetworks';
import { listTenants } from '@origin-stack/core/domain/tenants/tenantStore';
import { findTenant } from '../embedded/findTenant.ts';
import { newestModels } from '../embedded/newestModels.ts';
import type { Operator } from '../embedded/operator.ts';
import type { Plan } from '../lib/command.ts';
import { PreconditionError, UsageError } from '../lib/commandErrors.ts';
import { nameOf } from './nameOf.ts';
import { onlyLooks } from './onlyLooks.ts';
import { OWN_TENANTS } from './ownTenants.ts';

/** The name and the models of a tenant that may be made. Throws where there is one of the name, or a command keeps it. */
export async function lookBeforeCreating(operator: Operator, [name, ...more]: string[]) {
  if (name === undefined || more.length > 0) {
    throw new UsageError({ what: 'create takes one name', next: './stack tenant create acme' });
  }
  nameOf(name);
  if (OWN_TENANTS.includes(name)) {
    throw new UsageError({
      what: `no tenant of yours may be called ${name}`,
      why: `commands keep ${OWN_TENANTS.join(', ')} for themselves, and load and break what is served to them`,
      next: `./stack tenant create my-${name}`,
    });
  }
  const known = (await operator.db.transaction(listTenants)).find((tenant) => tenant.name === name);
  if (known) {
    throw new PreconditionError({
      what: `there is a tenant ${name} already`,
      why: `its id is ${known.id}`,
      next: `./stack key create ${known.id} --scope ingest:write`,
    });
  }
  return { name, models: newestModels(operator.models) };
}

/** The tenant of an allowlist, and the networks that are to be on it. */
export async function lookBeforeAllowing(operator: Operator, [name, ...networks]: string[]) {
  if (!name)
    throw new UsageError({ what: 'allow takes a tenant', next: './stack tenant allow acme 203.0.113.0/24' });
  refuseWrongNetworks(networks);
  return { tenant: await findTenant(operator, name), networks };
}

export async function planCreate(operator: Operator, args: string[]): Promise<Plan> {
  const { name, models } = await lookBeforeCreating(operator, args);
  const policy = `policy default, version 1, with ${models.risk} and ${models.anomaly}`;
  return {
    summary: 'would make a tenant',
    steps: [{ action: `make the tenant ${name} with an empty ledger and the ${policy}`, name, models }],
  };
}

export async function planAllow(operator: Operator, args: string[]): Promise<Plan> {
  const { tenant, networks } = await lookBeforeAllowing(operator, args);
  const is = wordsOf(tenant.ip_allowlist);
  const willBe = wordsOf(networks);
  if (is === willBe) return { summary: `keys of ${tenant.name} work ${is} already`, steps: [] };
  const action = `let keys of ${tenant.name} work ${willBe}, until now ${is}`;
  return { summary: 'would change a tenant', steps: [{ action, id: tenant.id, networks }] };
}

export const planList = async (): Promise<Plan> => onlyLooks('list the tenants');

/** From where keys work, in words. */
export const wordsOf = (networks: string[]): string =>
  networks.length > 0 ? `only from ${networks.join(', ')}` : 'from any address';
