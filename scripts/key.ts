import { ROUTED_SCOPES } from '@origin-stack/contract/scopes';
import { createKey } from '@origin-stack/core/domain/keys/createKey';
import { importLegacyKey } from '@origin-stack/core/domain/keys/importLegacyKey';
import { listKeys } from '@origin-stack/core/domain/keys/keyStore';
import { revokeKey } from '@origin-stack/core/domain/keys/revokeKey';
import { inTenant } from '@origin-stack/core/domain/tenants/inTenant';
import { findBundle } from './bundle/findBundle.ts';
import { planKeyInBundle, runKeyInBundle } from './bundle/runKeyInBundle.ts';
import { findTenant } from './embedded/findTenant.ts';
import { openOperator } from './embedded/operator.ts';
import { type CommandResult, defineCommand } from './lib/command.ts';
import { fromDomain } from './lib/fromDomain.ts';
import { printable } from './lib/printable.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';
import { writeFileAtomically } from './lib/writeFileAtomically.ts';
import { type KeyInput, legacyKeyOf, newKeyOf, revokedKeyOf } from './tenants/keyInput.ts';
import { planCreate, planImport, planList, planRevoke, requireLegacyKeys } from './tenants/planKey.ts';
import { putInForce } from './tenants/putInForce.ts';
import { verbOf } from './tenants/verbOf.ts';

export const command = defineCommand({
  name: 'key',
  summary: "Make, list and revoke tenants' API keys",
  arguments: { usage: 'create TENANT | list TENANT | revoke TENANT KEY_ID | import TENANT', min: 2, max: 3 },
  details:
    'A key is shown once, or written to a 0400 file with --out. A revoked key is refused everywhere when revoke returns. ' +
    'Where Redis takes no mark, that takes up to 62 s, and revoke says so.\n' +
    'import takes a bcrypt digest of an older system; it wants LEGACY_APIKEY_FALLBACK=true, without which no such key is accepted.\n' +
    `Scopes: ${ROUTED_SCOPES.join(', ')}`,
  examples: [
    './stack key create acme --name uploader --scope ingest:write --expires 2027-01-31 --out acme.key',
    './stack key list acme',
    './stack key revoke acme 0193a1b2-…',
  ],
  flags: {
    name: { type: 'string', placeholder: 'NAME', default: 'default', summary: 'what the key is for' },
    scope: {
      type: 'string',
      placeholder: 'SCOPE',
      multiple: true,
      summary: 'create, import: what the key may do; several times, and at least once',
    },
    expires: { type: 'string', placeholder: 'DATE', summary: 'when it ends, RFC 3339 or a date' },
    out: {
      type: 'string',
      placeholder: 'FILE',
      summary: 'write the key to a new file instead of showing it',
    },
    prefix: { type: 'string', placeholder: 'TEXT', summary: 'import: the first 8 characters of the key' },
    digest: { type: 'string', placeholder: 'BCRYPT', summary: 'import: its bcrypt digest' },
    'state-dir': stateDirFlag,
  },
  looksItself: true,
  async plan({ flags, args: [verb, tenantName = '', keyId], ...context }) {
    const bundle = await findBundle(flags['state-dir']);
    if (bundle) return await planKeyInBundle(bundle, flags.out, context);
    const { plan } = verbOf('key', VERBS, verb);
    await using operator = await openOperator(flags['state-dir']);
    const tenant = await findTenant(operator, tenantName);
    return await fromDomain(() => plan({ operator, tenant, keyId, flags, waiting: context }));
  },
  async run({ flags, args: [verb, tenantName = '', keyId], ...context }) {
    const bundle = await findBundle(flags['state-dir']);
    if (bundle) return await runKeyInBundle(bundle, flags.out, context);
    const { run } = verbOf('key', VERBS, verb);
    await using operator = await openOperator(flags['state-dir']);
    const tenant = await findTenant(operator, tenantName);
    // Awaited here: without it the operator would be closed under the work.
    return await fromDomain(() => run({ operator, tenant, keyId, flags, waiting: context }));
  },
});

const VERBS = {
  create: { plan: planCreate, run: create },
  list: { plan: planList, run: list },
  revoke: { plan: planRevoke, run: revoke },
  import: { plan: planImport, run: importKey },
};

async function create(input: KeyInput): Promise<CommandResult> {
  const { operator, tenant, flags } = input;
  const deps = { ...operator, pepper: operator.keyring.pepper };
  const created = await createKey(deps, newKeyOf(input));
  const shown = `ok_live_${created.prefix}`;
  if (flags.out === undefined) {
    return {
      data: { id: created.id, key_prefix: shown, key_value: created.keyValue },
      text: `${created.keyValue}\n\nShown once: keep it now. id ${created.id}, tenant ${tenant.name}`,
    };
  }
  await writeFileAtomically(flags.out, created.keyValue, { mode: 0o400 });
  return {
    data: { id: created.id, key_prefix: shown, file: flags.out },
    text: `the key ${shown} is in ${flags.out} (0400). id ${created.id}, tenant ${tenant.name}`,
  };
}

async function list({ operator, tenant }: KeyInput): Promise<CommandResult> {
  const keys = await inTenant(operator.db, tenant.id, (tx) => listKeys(tx, tenant.id));
  const line = (key: (typeof keys)[number]) =>
    `${key.id}  ${key.prefix}  ${key.is_active ? 'active' : 'revoked'}  last used ${key.last_used_at ?? 'never'}  ${printable(key.name)}`;
  return {
    data: { keys: keys.map((key) => ({ ...key })) },
    text: keys.map(line).join('\n') || 'the tenant has no keys',
  };
}

async function revoke(input: KeyInput): Promise<CommandResult> {
  const { operator, waiting } = input;
  const wanted = revokedKeyOf(input);
  const { prefix, wasActive } = await revokeKey(operator, wanted);
  const what = `the revocation of ok_live_${prefix}`;
  await putInForce(operator, { prefixes: [prefix], what }, waiting);
  return {
    data: { id: wanted.keyId, prefix, revoked: wasActive },
    text: wasActive
      ? `the key ok_live_${prefix} is refused from now on`
      : 'nothing to do: the key was revoked before',
  };
}

async function importKey(input: KeyInput): Promise<CommandResult> {
  requireLegacyKeys(input.operator);
  const legacy = legacyKeyOf(input);
  const { id } = await importLegacyKey(input.operator, legacy);
  return {
    data: { id, prefix: legacy.prefix },
    text: `the legacy key ${legacy.prefix}… is imported: id ${id}`,
  };
}
