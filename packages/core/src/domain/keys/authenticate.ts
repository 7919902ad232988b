import { hash, timingSafeEqual } from 'node:crypto';
import { Scopes, type TenantScope } from '@origin-stack/contract/scopes';
import { LRUCache } from 'lru-cache';
import type { Db } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { parseApiKey } from './apiKey.ts';
import type { MacKey } from './keyring.ts';
import { findKeysByPrefix, type KeyRow, rehashKey } from './keyStore.ts';

/** How long a key may be remembered. A mark in Redis beats it at once. */
export const KEY_CACHE_SECONDS = 60;

const CACHED_KEYS = 10_000;
const DUMMY_DIGEST = Buffer.alloc(32);

/** A key that was presented and is good. */
export interface KnownKey {
  id: string;
  tenantId: string;
  prefix: string;
  name: string;
  scopes: TenantScope[];
  expiresAt: string | null;
  ipAllowlist: string[];
}

/**
 * Why a key is refused. To the caller they are one; the automatic block counts only `unknown`:
 * a client that missed a rotation must not shut out its office.
 */
export type Refusal = 'unknown' | 'revoked' | 'expired';

export type KeyVerdict = { key: KnownKey } | { refused: Refusal };

/** Marks on keys that changed: the text changes whenever a key or its tenant does; null where there is none. */
export interface KeyMarks {
  /** Undefined where Redis is away: then nothing cached may be used. */
  read(prefix: string): Promise<string | null | undefined>;
}

export interface AuthenticatorDeps {
  db: Db;
  pepper: MacKey;
  marks: KeyMarks;
  nowMs(): number;
  /** Compares a presented key with an imported bcrypt digest. Undefined where legacy keys are not accepted. */
  verifyLegacy?: ((key: string, digest: string) => Promise<boolean>) | undefined;
}

export interface Authenticator {
  (presented: string): Promise<KeyVerdict>;
  /** Forgets every key, as on each reconnect to Redis: marks may have been missed. */
  forget(): void;
}

interface Cached {
  /** Of the whole key; in memory it needs no pepper, and costs a tenth of one. */
  sha256: Buffer;
  mark: string | null;
  key: KnownKey;
}

/**
 * Recognises API keys: one indexed read by prefix and a constant-time compare of digests, cached in memory
 * until the key's mark changes. Only good keys are cached, so the cache cannot be filled by guessing.
 */
export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  const cache = new LRUCache<string, Cached>({ max: CACHED_KEYS, ttl: KEY_CACHE_SECONDS * 1000 });

  const authenticate = async (presented: string): Promise<KeyVerdict> => {
    const parsed = parseApiKey(presented);
    if (!parsed) return deps.verifyLegacy ? authenticateLegacy(presented) : { refused: 'unknown' };
    if (parsed.kind !== 'live') return { refused: 'unknown' };
    const sha256 = hash('sha256', presented, 'buffer');
    const mark = await deps.marks.read(parsed.prefix);
    const cached = cache.get(parsed.prefix);
    if (cached && mark !== undefined && cached.mark === mark && timingSafeEqual(cached.sha256, sha256)) {
      return judge(cached.key, deps.nowMs());
    }
    const digest = deps.pepper.mac(presented);
    const row = matching(await findKeysByPrefix(deps.db, parsed.prefix), digest, deps.pepper.id);
    if (!row) return { refused: 'unknown' };
    if (!row.is_active) return { refused: 'revoked' };
    const key = known(row);
    if (mark !== undefined) cache.set(parsed.prefix, { sha256, mark, key });
    return judge(key, deps.nowMs());
  };

  const authenticateLegacy = async (presented: string): Promise<KeyVerdict> => {
    if (presented.startsWith('ok_') || presented.length < 8 || presented.length > 200) {
      return { refused: 'unknown' };
    }
    for (const row of await findKeysByPrefix(deps.db, presented.slice(0, 8))) {
      const good = row.legacy_digest
        ? await deps.verifyLegacy?.(presented, row.legacy_digest)
        : row.digest !== null && timingSafeEqual(row.digest, deps.pepper.mac(presented));
      if (!good) continue;
      if (!row.is_active) return { refused: 'revoked' };
      if (row.legacy_digest) {
        const digest = deps.pepper.mac(presented);
        await inTenant(deps.db, row.tenant_id, (tx) =>
          rehashKey(tx, { tenantId: row.tenant_id, id: row.id, digest, pepperId: deps.pepper.id }),
        );
      }
      return judge(known(row), deps.nowMs());
    }
    return { refused: 'unknown' };
  };

  return Object.assign(authenticate, { forget: () => cache.clear() });
}

/** The row whose digest is the presented one; an unknown prefix costs a compare as well. */
function matching(rows: KeyRow[], digest: Buffer, pepperId: string): KeyRow | undefined {
  let found: KeyRow | undefined;
  for (const row of rows) {
    if (row.digest && row.pepper_id === pepperId && timingSafeEqual(row.digest, digest)) found = row;
  }
  if (rows.length === 0) timingSafeEqual(DUMMY_DIGEST, digest);
  return found;
}

function known(row: KeyRow): KnownKey {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    prefix: row.prefix,
    name: row.name,
    scopes: Scopes.parse(row.scopes),
    expiresAt: row.expires_at,
    ipAllowlist: row.ip_allowlist,
  };
}

function judge(key: KnownKey, nowMs: number): KeyVerdict {
  // Not `<= now`: a time that does not parse must not become one that never comes.
  if (key.expiresAt !== null && !(Date.parse(key.expiresAt) > nowMs)) return { refused: 'expired' };
  return { key };
}
