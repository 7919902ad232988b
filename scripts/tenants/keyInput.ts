import { instantOf } from '@origin-stack/contract/instant';
import { ROUTED_SCOPES, type TenantScope } from '@origin-stack/contract/scopes';
import type { Operator } from '../embedded/operator.ts';
import { UsageError } from '../lib/commandErrors.ts';
import { requireNewFile } from '../lib/requireNewFile.ts';
import { nameOf } from './nameOf.ts';
import type { Waiting } from './putInForce.ts';

export interface KeyFlags {
  name: string;
  scope: string[];
  expires: string | undefined;
  out: string | undefined;
  prefix: string | undefined;
  digest: string | undefined;
}

/** What each verb of `key` works with. */
export interface KeyInput {
  operator: Operator;
  tenant: { id: string; name: string };
  keyId: string | undefined;
  flags: KeyFlags;
  waiting: Waiting;
}

/** The key that is to be made. Throws where it cannot be, and where its file is there. */
export function newKeyOf(input: KeyInput) {
  const { operator, tenant, flags } = input;
  const expires = flags.expires === undefined ? null : (instantOf(flags.expires) ?? dayOf(flags.expires));
  if (expires !== null && !(Number(expires) > operator.clock.epochMs())) {
    throw new UsageError({ what: '--expires is not a date in the future', next: '--expires 2027-01-31' });
  }
  if (flags.out !== undefined) requireNewFile(flags.out);
  return {
    tenantId: tenant.id,
    name: nameOf(flags.name),
    scopes: scopesOf('create', input),
    expiresAt: expires?.toISOString() ?? null,
  };
}

/** The key of an older system that is to be imported. */
export function legacyKeyOf(input: KeyInput) {
  const { tenant, flags } = input;
  const { prefix = '', digest = '' } = flags;
  return { tenantId: tenant.id, name: nameOf(flags.name), scopes: scopesOf('import', input), prefix, digest };
}

/** The key that is to be revoked. */
export function revokedKeyOf({ tenant, keyId }: KeyInput) {
  if (!keyId)
    throw new UsageError({ what: 'revoke takes the id of a key', next: `./stack key list ${tenant.name}` });
  return { tenantId: tenant.id, keyId };
}

/** Midnight in UTC. */
const dayOf = (text: string): Date | undefined => instantOf(`${text}T00:00:00Z`);

/** Never a default: a key may do what somebody meant it to do. */
function scopesOf(verb: 'create' | 'import', { tenant, flags }: KeyInput): TenantScope[] {
  const known: readonly string[] = ROUTED_SCOPES;
  const wrong = flags.scope.filter((scope) => !known.includes(scope));
  const why = `there are: ${ROUTED_SCOPES.join(', ')}`;
  const next = `./stack key ${verb} ${tenant.name} --scope ${ROUTED_SCOPES[0]}`;
  if (wrong.length > 0) throw new UsageError({ what: `no such scope: ${wrong.join(', ')}`, why, next });
  if (flags.scope.length === 0) throw new UsageError({ what: 'name what the key may do', why, next });
  return flags.scope as TenantScope[];
}
