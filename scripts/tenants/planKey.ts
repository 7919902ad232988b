import { checkLegacyKey } from '@origin-stack/core/domain/keys/importLegacyKey';
import { requireKey } from '@origin-stack/core/domain/keys/revokeKey';
import { inTenant } from '@origin-stack/core/domain/tenants/inTenant';
import type { Plan } from '../lib/command.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import { type KeyInput, legacyKeyOf, newKeyOf, revokedKeyOf } from './keyInput.ts';
import { onlyLooks } from './onlyLooks.ts';

export async function planCreate(input: KeyInput): Promise<Plan> {
  const { name, scopes, expiresAt } = newKeyOf(input);
  const { tenant, flags } = input;
  const until = expiresAt === null ? 'without an end' : `until ${expiresAt}`;
  const make = { action: `make a key ${name} of ${tenant.name}, ${until}: ${scopes.join(', ')}`, scopes };
  return {
    summary: 'would make a key',
    steps: [make, ...(flags.out === undefined ? [] : [fileStep(flags.out)])],
  };
}

export async function planImport(input: KeyInput): Promise<Plan> {
  const { tenant, operator } = input;
  requireLegacyKeys(operator);
  const legacy = legacyKeyOf(input);
  await checkLegacyKey(operator, legacy);
  const { name, prefix, scopes } = legacy;
  const action = `import the legacy key ${prefix}… as ${name} of ${tenant.name}: ${scopes.join(', ')}`;
  return { summary: 'would import a key', steps: [{ action, prefix }] };
}

/** Throws PreconditionError where the API would refuse every key that is imported. */
export function requireLegacyKeys({ takesLegacyKeys }: Pick<KeyInput['operator'], 'takesLegacyKeys'>): void {
  if (takesLegacyKeys) return;
  throw new PreconditionError({
    what: 'an imported key would be refused',
    why: 'LEGACY_APIKEY_FALLBACK is false: the API accepts no key of an older system',
    next: './stack config set LEGACY_APIKEY_FALLBACK=true, then this again',
  });
}

export async function planRevoke(input: KeyInput): Promise<Plan> {
  const { operator, tenant } = input;
  const key = await inTenant(operator.db, tenant.id, (tx) => requireKey(tx, revokedKeyOf(input)));
  if (!key.is_active) return { summary: 'the key was revoked before', steps: [] };
  const action = `revoke the key ok_live_${key.prefix} (${key.name}) of ${tenant.name}, at once`;
  return { summary: 'would revoke a key', steps: [{ action, id: key.id }] };
}

export const planList = async ({ tenant }: KeyInput): Promise<Plan> =>
  onlyLooks(`list the keys of ${tenant.name}`);

/** The file that a key is written to. */
export const fileStep = (out: string) => ({ action: `write it to ${out} (0400)`, file: out });
