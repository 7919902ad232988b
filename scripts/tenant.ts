import { allowNetworks } from '@origin-stack/core/domain/tenants/allowNetworks';
import { createTenant } from '@origin-stack/core/domain/tenants/createTenant';
import { listTenants } from '@origin-stack/core/domain/tenants/tenantStore';
import { markKeys } from '@origin-stack/core/infra/keyMarks';
import { findBundle } from './bundle/findBundle.ts';
import { runTool } from './bundle/runTool.ts';
import { findTenant } from './embedded/findTenant.ts';
import { newestModels } from './embedded/newestModels.ts';
import { type Operator, openOperator } from './embedded/operator.ts';
import { type CommandResult, defineCommand } from './lib/command.ts';
import { PreconditionError, UsageError } from './lib/commandErrors.ts';
import { fromDomain } from './lib/fromDomain.ts';
import { printable } from './lib/printable.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';

export const command = defineCommand({
  name: 'tenant',
  summary: 'Make tenants, list them, and say from which networks their keys may be used',
  arguments: { usage: 'create NAME | list | allow NAME [CIDR…]', min: 1, max: 100 },
  details: 'allow replaces the list; without a CIDR every address is admitted again. It is in force at once.',
  examples: [
    './stack tenant create acme',
    './stack tenant list',
    './stack tenant allow acme 203.0.113.0/24 2001:db8::/32',
    './stack tenant allow acme',
  ],
  flags: { 'state-dir': stateDirFlag },
  async run({ flags, args: [verb, ...rest], ...context }) {
    const bundle = await findBundle(flags['state-dir']);
    if (bundle) return await runTool(bundle, 'tenant', context);
    const run = { create, list, allow }[verb ?? ''];
    if (!run) throw new UsageError({ what: `tenant does not know ${verb}`, next: './stack tenant --help' });
    await using operator = await openOperator(flags['state-dir']);
    // Awaited here: without it the operator would be closed under the work.
    return await fromDomain(() => run(operator, rest));
  },
});

async function create(operator: Operator, [name, ...more]: string[]): Promise<CommandResult> {
  if (!name || more.length > 0 || name.length > 200) {
    throw new UsageError({ what: 'create takes one name', next: './stack tenant create acme' });
  }
  if (name !== printable(name)) throw new UsageError({ what: 'a name holds no control characters' });
  const known = (await operator.db.transaction(listTenants)).find((tenant) => tenant.name === name);
  if (known) {
    throw new PreconditionError({
      what: `there is a tenant ${name} already`,
      why: `its id is ${known.id}`,
      next: `./stack key create ${known.id}`,
    });
  }
  const models = newestModels(operator.models);
  const { tenantId, policyId } = await createTenant(operator, {
    name,
    models,
    correlationId: operator.ids.next(),
  });
  return {
    data: { id: tenantId, name, policy_id: policyId },
    text: `tenant ${name} is made\nid:      ${tenantId}\npolicy:  default, version 1 (${policyId})\nnext:    ./stack key create ${tenantId}`,
  };
}

async function list({ db }: Operator): Promise<CommandResult> {
  const tenants = await db.transaction(listTenants);
  const lines = tenants.map(
    ({ id, name, ip_allowlist }) => `${id}  ${name}  ${ip_allowlist.join(' ') || 'any address'}`,
  );
  return {
    data: { tenants: tenants.map((tenant) => ({ ...tenant })) },
    text: lines.join('\n') || 'there are no tenants',
  };
}

async function allow(operator: Operator, [name, ...networks]: string[]): Promise<CommandResult> {
  if (!name)
    throw new UsageError({ what: 'allow takes a tenant', next: './stack tenant allow acme 203.0.113.0/24' });
  const tenant = await findTenant(operator, name);
  const prefixes = await allowNetworks(operator, { tenantId: tenant.id, networks });
  await markKeys(operator.redis, prefixes, operator.markSlackSeconds);
  const said = networks.length > 0 ? `only from ${networks.join(', ')}` : 'from any address';
  return { data: { id: tenant.id, ip_allowlist: networks }, text: `keys of ${tenant.name} work ${said}` };
}
