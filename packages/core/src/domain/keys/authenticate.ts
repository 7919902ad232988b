import { hash, timingSafeEqual } from 'node:crypto';
import { Scopes, type TenantScope } from '@origin-stack/contract/scopes';
import { LRUCache } from 'lru-cache';
import type { Db } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { parseApiKey } from './apiKey.ts';
import type { MacKey } from './keyring.ts';
import { findKeysByPrefix, type KeyRow, rehashKey } from './keyStore.ts';

/** How long a key may be remembered, from the moment its read began. A mark in Redis beats it at once. */
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

/**
 * Marks of keys: random texts, another whenever a key or its tenant changes. A cached key is trusted only while the mark
 * that stood before it was read is there: one that got lost looks like a change.
 */
export interface KeyMarks {
  /** The mark that stands, null where none does, undefined where nobody can say. Writes nothing. */
  read(prefix: string): Promise<string | null | undefined>;
  /** The same in one step that also makes a missing one. Undefined where that would be refused, too. */
  confirm(prefix: string): Promise<string | undefined>;
}

export interface AuthenticatorDeps {
  db: Db;
  pepper: MacKey;
  marks: KeyMarks;
  nowMs(): number;
  /** Milliseconds by a clock that is never set. */
  monotonicMs?: () => number;
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
  mark: string;
  key: KnownKey;
  readAt: Moment;
}

/** By both clocks: the wall clock may be set back, the monotonic one stands still while a machine is suspended. */
interface Moment {
  wallMs: number;
  monotonicMs: number;
}

/**
 * Recognises API keys: one indexed read by prefix and a constant-time compare of digests, cached in memory
 * until the key's mark changes. Only good keys are cached and marked, so guessing fills neither memory nor Redis.
 */
export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  const cache = new LRUCache<string, Cached>({ max: CACHED_KEYS });
  const { nowMs, monotonicMs = () => performance.now() } = deps;
  const moment = (): Moment => ({ wallMs: nowMs(), monotonicMs: monotonicMs() });
  let forgotten = 0;

  const authenticate = async (presented: string): Promise<KeyVerdict> => {
    const parsed = parseApiKey(presented);
    if (!parsed) return deps.verifyLegacy ? authenticateLegacy(presented) : { refused: 'unknown' };
    if (parsed.kind !== 'live') return { refused: 'unknown' };
    const { prefix } = parsed;
    const sha256 = hash('sha256', presented, 'buffer');
    const begun = forgotten;
    const cached = cache.get(prefix);
    const isKnown = cached !== undefined && timingSafeEqual(cached.sha256, sha256);
    const mark = isKnown ? await deps.marks.confirm(prefix) : await deps.marks.read(prefix);
    const readAt = moment();
    if (isKnown) {
      if (cached.mark === mark && begun === forgotten && isFresh(cached.readAt, readAt)) {
        return judge(cached.key, nowMs());
      }
      // What was once not trusted never is again, though a failover bring the old mark back.
      if (cache.peek(prefix) === cached) cache.delete(prefix);
    }
    const row = matching(await findKeysByPrefix(deps.db, prefix), deps.pepper.mac(presented), deps.pepper.id);
    if (!row) return { refused: 'unknown' };
    if (!row.is_active) return { refused: 'revoked' };
    const key = known(row);
    // Without a mark from before the read a change may be missed: this one is made for the next use.
    if (mark === null) await deps.marks.confirm(prefix);
    else if (mark && begun === forgotten) cache.set(prefix, { sha256, mark, key, readAt });
    return judge(key, nowMs());
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
      return judge(known(row), nowMs());
    }
    return { refused: 'unknown' };
  };

  const forget = () => {
    forgotten += 1;
    cache.clear();
  };
  return Object.assign(authenticate, { forget });
}

const isFresh = (then: Moment, now: Moment): boolean =>
  Math.max(now.wallMs - then.wallMs, now.monotonicMs - then.monotonicMs) < KEY_CACHE_SECONDS * 1000;

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
