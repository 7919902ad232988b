import { TENANT_SCOPES, TenantScope } from '@origin-stack/contract/scopes';
import { createKey } from '@origin-stack/core/domain/keys/createKey';
import { importLegacyKey } from '@origin-stack/core/domain/keys/importLegacyKey';
import { listKeys } from '@origin-stack/core/domain/keys/keyStore';
import { revokeKey } from '@origin-stack/core/domain/keys/revokeKey';
import { inTenant } from '@origin-stack/core/domain/tenants/inTenant';
import { markKeys } from '@origin-stack/core/infra/keyMarks';
import { findBundle } from './bundle/findBundle.ts';
import { runKeyTool } from './bundle/runKeyTool.ts';
import { findTenant } from './embedded/findTenant.ts';
import { type Operator, openOperator } from './embedded/operator.ts';
import { type CommandResult, defineCommand } from './lib/command.ts';
import { UsageError } from './lib/commandErrors.ts';
import { fromDomain } from './lib/fromDomain.ts';
import { refuseExisting } from './lib/refuseExisting.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';
import { writeFileAtomically } from './lib/writeFileAtomically.ts';

interface KeyFlags {
  name: string;
  scope: string[];
  expires: string | undefined;
  out: string | undefined;
  prefix: string | undefined;
  digest: string | undefined;
}

export const command = defineCommand({
  name: 'key',
  summary: "Make, list and revoke tenants' API keys",
  arguments: { usage: 'create TENANT | list TENANT | revoke TENANT KEY_ID | import TENANT', min: 2, max: 3 },
  details:
    'A key is shown once, or written to a 0400 file with --out. A revoked key is refused everywhere at once. import takes a ' +
    'bcrypt digest of an older system, which is accepted while LEGACY_APIKEY_FALLBACK is true.\n' +
    `Scopes: ${TENANT_SCOPES.join(', ')}`,
  examples: [
    './stack key create acme',
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
      summary: 'a scope, several times; all where none is given',
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
  async run({ flags, args: [verb, tenantName = '', keyId], ...context }) {
    const bundle = await findBundle(flags['state-dir']);
    if (bundle) return await runKeyTool(bundle, flags.out, context);
    const run = { create, list, revoke, import: importKey }[verb ?? ''];
    if (!run) throw new UsageError({ what: `key does not know ${verb}`, next: './stack key --help' });
    await using operator = await openOperator(flags['state-dir']);
    const tenant = await findTenant(operator, tenantName);
    // Awaited here: without it the operator would be closed under the work.
    return await fromDomain(() => run({ operator, tenant, keyId, flags }));
  },
});

interface KeyInput {
  operator: Operator;
  tenant: { id: string; name: string };
  keyId: string | undefined;
  flags: KeyFlags;
}

function scopesOf(flags: KeyFlags): TenantScope[] {
  const wrong = flags.scope.filter((scope) => !TenantScope.safeParse(scope).success);
  if (wrong.length > 0)
    throw new UsageError({ what: `no such scope: ${wrong.join(', ')}`, next: './stack key --help' });
  return flags.scope.length > 0 ? (flags.scope as TenantScope[]) : [...TENANT_SCOPES];
}

async function create({ operator, tenant, flags }: KeyInput): Promise<CommandResult> {
  const expires = flags.expires === undefined ? null : new Date(flags.expires);
  if (expires !== null && !(expires.getTime() > operator.clock.epochMs())) {
    throw new UsageError({ what: '--expires is not a date in the future', next: '--expires 2027-01-31' });
  }
  if (flags.out !== undefined) refuseExisting(flags.out);
  const created = await createKey(
    { ...operator, pepper: operator.keyring.pepper },
    {
      tenantId: tenant.id,
      name: flags.name,
      scopes: scopesOf(flags),
      expiresAt: expires?.toISOString() ?? null,
    },
  );
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
    `${key.id}  ${key.prefix}  ${key.is_active ? 'active' : 'revoked'}  last used ${key.last_used_at ?? 'never'}  ${key.name}`;
  return {
    data: { keys: keys.map((key) => ({ ...key })) },
    text: keys.map(line).join('\n') || 'the tenant has no keys',
  };
}

async function revoke({ operator, tenant, keyId }: KeyInput): Promise<CommandResult> {
  if (!keyId)
    throw new UsageError({ what: 'revoke takes the id of a key', next: `./stack key list ${tenant.name}` });
  const { prefix, wasActive } = await revokeKey(operator, { tenantId: tenant.id, keyId });
  await markKeys(operator.redis, [prefix], operator.markSlackSeconds);
  return {
    data: { id: keyId, prefix, revoked: wasActive },
    text: wasActive
      ? `the key ok_live_${prefix} is refused from now on`
      : 'nothing to do: the key was revoked before',
  };
}

async function importKey({ operator, tenant, flags }: KeyInput): Promise<CommandResult> {
  const { prefix = '', digest = '', name } = flags;
  const { id } = await importLegacyKey(operator, {
    tenantId: tenant.id,
    name,
    scopes: scopesOf(flags),
    prefix,
    digest,
  });
  return { data: { id, prefix }, text: `the legacy key ${prefix}… is imported: id ${id}` };
}
