import { Scopes, type TenantScope } from '@origin-stack/contract/scopes';
import { DomainError } from '../domainError.ts';
import type { Clock, Db, Ids } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { generateApiKey } from './apiKey.ts';
import type { MacKey } from './keyring.ts';
import { insertKey } from './keyStore.ts';

export interface CreatedKey {
  id: string;
  /** Shown once: only its digest is kept. */
  keyValue: string;
  prefix: string;
}

/**
 * Makes a key of a tenant and stores its digest. A second call makes a second key.
 * Throws `validation_failed` for scopes that do not exist.
 */
export async function createKey(
  deps: { db: Db; clock: Clock; ids: Ids; pepper: MacKey },
  input: { tenantId: string; name: string; scopes: TenantScope[]; expiresAt: string | null },
): Promise<CreatedKey> {
  const scopes = Scopes.safeParse(input.scopes);
  if (!scopes.success) throw new DomainError('validation_failed', scopes.error.message);
  const { key, prefix } = generateApiKey('live');
  const id = deps.ids.next();
  await inTenant(deps.db, input.tenantId, (tx) =>
    insertKey(tx, {
      id,
      tenantId: input.tenantId,
      prefix,
      digest: deps.pepper.mac(key),
      pepperId: deps.pepper.id,
      legacyDigest: null,
      name: input.name,
      scopes: scopes.data,
      expiresAt: input.expiresAt,
      createdAt: deps.clock.now(),
    }),
  );
  return { id, keyValue: key, prefix };
}
