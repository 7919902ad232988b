import { allowNetworks } from '@origin-stack/core/domain/tenants/allowNetworks';
import { createTenant } from '@origin-stack/core/domain/tenants/createTenant';
import { listTenants } from '@origin-stack/core/domain/tenants/tenantStore';
import { findBundle } from './bundle/findBundle.ts';
import { planInBundle, runInBundle } from './bundle/runInBundle.ts';
import { type Operator, openOperator } from './embedded/operator.ts';
import { type CommandResult, defineCommand } from './lib/command.ts';
import { fromDomain } from './lib/fromDomain.ts';
import { printable } from './lib/printable.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';
import {
  lookBeforeAllowing,
  lookBeforeCreating,
  planAllow,
  planCreate,
  planList,
  wordsOf,
} from './tenants/planTenant.ts';
import { putInForce, type Waiting } from './tenants/putInForce.ts';
import { verbOf } from './tenants/verbOf.ts';

export const command = defineCommand({
  name: 'tenant',
  summary: 'Make tenants, list them, and say from which networks their keys may be used',
  arguments: { usage: 'create NAME | list | allow NAME [CIDR…]', min: 1, max: 100 },
  details:
    'allow replaces the list; without a CIDR every address is admitted again. It takes effect before the command returns. ' +
    'Where Redis takes no mark, that takes up to 62 s, and the command says so.',
  examples: [
    './stack tenant create acme',
    './stack tenant list',
    './stack tenant allow acme 203.0.113.0/24 2001:db8::/32',
    './stack tenant allow acme',
  ],
  flags: { 'state-dir': stateDirFlag },
  looksItself: true,
  async plan({ flags, args: [verb, ...rest], ...context }) {
    const bundle = await findBundle(flags['state-dir']);
    if (bundle) return await planInBundle(bundle, 'tenant', context);
    const { plan } = verbOf('tenant', VERBS, verb);
    await using operator = await openOperator(flags['state-dir']);
    return await fromDomain(() => plan(operator, rest));
  },
  async run({ flags, args: [verb, ...rest], ...context }) {
    const bundle = await findBundle(flags['state-dir']);
    if (bundle) return await runInBundle(bundle, 'tenant', context);
    const { run } = verbOf('tenant', VERBS, verb);
    await using operator = await openOperator(flags['state-dir']);
    // Awaited here: without it the operator would be closed under the work.
    return await fromDomain(() => run(operator, rest, context));
  },
});

const VERBS = {
  create: { plan: planCreate, run: create },
  list: { plan: planList, run: list },
  allow: { plan: planAllow, run: allow },
};

async function create(operator: Operator, args: string[]): Promise<CommandResult> {
  const { name, models } = await lookBeforeCreating(operator, args);
  const { tenantId, policyId } = await createTenant(operator, {
    name,
    models,
    correlationId: operator.ids.next(),
  });
  return {
    data: { id: tenantId, name, policy_id: policyId },
    text: `tenant ${name} is made\nid:      ${tenantId}\npolicy:  default, version 1 (${policyId})\nnext:    ./stack key create ${tenantId} --scope ingest:write`,
  };
}

async function list({ db }: Operator): Promise<CommandResult> {
  const tenants = await db.transaction(listTenants);
  const lines = tenants.map(
    ({ id, name, ip_allowlist }) => `${id}  ${printable(name)}  ${ip_allowlist.join(' ') || 'any address'}`,
  );
  return {
    data: { tenants: tenants.map((tenant) => ({ ...tenant })) },
    text: lines.join('\n') || 'there are no tenants',
  };
}

async function allow(operator: Operator, args: string[], waiting: Waiting): Promise<CommandResult> {
  const { tenant, networks } = await lookBeforeAllowing(operator, args);
  const prefixes = await allowNetworks(operator, { tenantId: tenant.id, networks });
  await putInForce(operator, { prefixes, what: `the allowlist of ${tenant.name}` }, waiting);
  return {
    data: { id: tenant.id, ip_allowlist: networks },
    text: `keys of ${tenant.name} work ${wordsOf(networks)}`,
  };
}
