import { Scopes, type TenantScope } from '@origin-stack/contract/scopes';
import { DomainError } from '../domainError.ts';
import type { Clock, Db, Ids, Tx } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { countKeysOfPrefix, insertKey, MAX_KEYS_OF_PREFIX } from './keyStore.ts';

const BCRYPT = /^\$2[aby]\$(0[4-9]|1[0-9]|2[0-9]|3[01])\$[./A-Za-z0-9]{53}$/;

interface LegacyKey {
  tenantId: string;
  name: string;
  scopes: TenantScope[];
  prefix: string;
  digest: string;
}

/**
 * Imports a key of an older system by its bcrypt digest. It is accepted while `LEGACY_APIKEY_FALLBACK` is true, and its
 * first use replaces the digest by ours. Runs as the owner, who sees the keys of all tenants. Throws `validation_failed`
 * where digest or prefix have not the form, `unprocessable` where 8 keys have the prefix: a ninth would not be compared.
 */
export async function importLegacyKey(
  deps: { db: Db; clock: Clock; ids: Ids },
  input: LegacyKey,
): Promise<{ id: string }> {
  refuseWrongForm(input);
  const id = deps.ids.next();
  await inTenant(deps.db, input.tenantId, async (tx) => {
    await refuseCrowdedPrefix(tx, input.prefix);
    await insertKey(tx, {
      id,
      tenantId: input.tenantId,
      prefix: input.prefix,
      digest: null,
      pepperId: null,
      legacyDigest: input.digest,
      name: input.name,
      scopes: input.scopes,
      expiresAt: null,
      createdAt: deps.clock.now(),
    });
  });
  return { id };
}

/** Throws what `importLegacyKey` would throw now, and imports nothing. */
export async function checkLegacyKey(deps: { db: Db }, input: LegacyKey): Promise<void> {
  refuseWrongForm(input);
  await inTenant(deps.db, input.tenantId, (tx) => refuseCrowdedPrefix(tx, input.prefix));
}

function refuseWrongForm(input: LegacyKey): void {
  const scopes = Scopes.safeParse(input.scopes);
  if (!scopes.success) throw new DomainError('validation_failed', scopes.error.message);
  if (!BCRYPT.test(input.digest)) throw new DomainError('validation_failed', 'Not a bcrypt digest.');
  if (!/^[\x21-\x7e]{8}$/.test(input.prefix) || input.prefix.startsWith('ok_')) {
    throw new DomainError(
      'validation_failed',
      'The prefix is the first 8 characters of a key that is not ours.',
    );
  }
}

async function refuseCrowdedPrefix(tx: Tx, prefix: string): Promise<void> {
  if ((await countKeysOfPrefix(tx, prefix)) < MAX_KEYS_OF_PREFIX) return;
  throw new DomainError(
    'unprocessable',
    `${MAX_KEYS_OF_PREFIX} keys begin with this prefix. No more than ${MAX_KEYS_OF_PREFIX} are compared with a key ` +
      'that is presented, so this one might never be accepted.',
  );
}
