import type { Db, Tx } from '../ports.ts';

/** A row of `find_api_keys`: what a request needs to know of a key. */
export interface KeyRow {
  id: string;
  tenant_id: string;
  prefix: string;
  digest: Buffer | null;
  pepper_id: string | null;
  legacy_digest: string | null;
  name: string;
  scopes: unknown;
  is_active: boolean;
  expires_at: string | null;
  ip_allowlist: string[];
}

export interface NewKey {
  id: string;
  tenantId: string;
  prefix: string;
  digest: Buffer | null;
  pepperId: string | null;
  legacyDigest: string | null;
  name: string;
  scopes: string[];
  expiresAt: string | null;
  createdAt: string;
}

/** How many keys of one prefix are compared with the one that was presented: `find_api_keys` gives no more. */
export const MAX_KEYS_OF_PREFIX = 8;

/** The keys with a prefix, at most 8, active ones first; the one read that knows no tenant yet. */
export async function findKeysByPrefix(db: Db, prefix: string): Promise<KeyRow[]> {
  const { rows } = await db.raw('select * from find_api_keys(?)', [prefix]);
  return rows;
}

/** How many keys have a prefix, in all tenants where the owner asks. Until the transaction ends nobody else counts. */
export async function countKeysOfPrefix(tx: Tx, prefix: string): Promise<number> {
  await tx.raw("select pg_advisory_xact_lock(hashtextextended('api_keys.prefix:' || ?::text, 0))", [prefix]);
  const { rows } = await tx.raw('select count(*)::integer as keys from api_keys where prefix = ?', [prefix]);
  return rows[0].keys;
}

export async function insertKey(tx: Tx, key: NewKey): Promise<void> {
  await tx('api_keys').insert({
    id: key.id,
    tenant_id: key.tenantId,
    prefix: key.prefix,
    digest: key.digest,
    pepper_id: key.pepperId,
    legacy_digest: key.legacyDigest,
    name: key.name,
    scopes: JSON.stringify(key.scopes),
    expires_at: key.expiresAt,
    created_at: key.createdAt,
  });
}

/** Replaces a legacy digest by ours, once. */
export async function rehashKey(
  tx: Tx,
  key: { tenantId: string; id: string; digest: Buffer; pepperId: string },
): Promise<void> {
  await tx('api_keys')
    .where({ tenant_id: key.tenantId, id: key.id })
    .whereNotNull('legacy_digest')
    .update({ digest: key.digest, pepper_id: key.pepperId, legacy_digest: null });
}

/** Notes a use. Called at most once a minute per key and process. */
export async function touchKey(tx: Tx, key: { tenantId: string; id: string; at: string }): Promise<void> {
  await tx('api_keys').where({ tenant_id: key.tenantId, id: key.id }).update({ last_used_at: key.at });
}

export interface ListedKey {
  id: string;
  prefix: string;
  name: string;
  scopes: string[];
  is_active: boolean;
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at: string | null;
  created_at: string;
}

export async function listKeys(tx: Tx, tenantId: string): Promise<ListedKey[]> {
  return tx('api_keys')
    .where({ tenant_id: tenantId })
    .orderBy('id')
    .select(
      'id',
      'prefix',
      'name',
      'scopes',
      'is_active',
      'expires_at',
      'revoked_at',
      'last_used_at',
      'created_at',
    );
}

/** True where the key was active until now. */
export async function deactivateKey(
  tx: Tx,
  key: { tenantId: string; id: string; at: string },
): Promise<boolean> {
  const changed = await tx('api_keys')
    .where({ tenant_id: key.tenantId, id: key.id, is_active: true })
    .update({ is_active: false, revoked_at: key.at });
  return changed === 1;
}

export async function deleteKey(tx: Tx, key: { tenantId: string; id: string }): Promise<boolean> {
  return (await tx('api_keys').where({ tenant_id: key.tenantId, id: key.id }).delete()) === 1;
}
