import { DomainError } from '../domainError.ts';
import type { Clock, Db, Tx } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { deactivateKey, type ListedKey, listKeys } from './keyStore.ts';

/**
 * Revokes a key and returns its prefix, whose cached copies are stale now: mark it, and no replica takes it any more.
 * A second call does nothing. Throws `not_found`.
 */
export async function revokeKey(
  deps: { db: Db; clock: Clock },
  input: { tenantId: string; keyId: string },
): Promise<{ prefix: string; wasActive: boolean }> {
  return inTenant(deps.db, input.tenantId, async (tx) => {
    const key = await requireKey(tx, input);
    const at = deps.clock.now();
    const wasActive = await deactivateKey(tx, { tenantId: input.tenantId, id: input.keyId, at });
    return { prefix: key.prefix, wasActive };
  });
}

/** A key of a tenant. Throws `not_found`. */
export async function requireKey(tx: Tx, input: { tenantId: string; keyId: string }): Promise<ListedKey> {
  const key = (await listKeys(tx, input.tenantId)).find((one) => one.id === input.keyId);
  if (!key) throw new DomainError('not_found', 'No such key.');
  return key;
}
