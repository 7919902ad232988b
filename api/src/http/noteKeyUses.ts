import type { KnownKey } from '@origin-stack/core/domain/keys/authenticate';
import { touchKey } from '@origin-stack/core/domain/keys/keyStore';
import { inTenant } from '@origin-stack/core/domain/tenants/inTenant';
import { describeError } from '@origin-stack/core/infra/log';
import type { Core } from '@origin-stack/core/infra/openCore';
import { LRUCache } from 'lru-cache';

const ONCE_A_MS = 60_000;
const REMEMBERED_KEYS = 10_000;

/** Notes the last use of keys: once a minute per key, beside the request and not in it. */
export function noteKeyUses({ db, clock, log }: Core): (key: KnownKey) => void {
  const noted = new LRUCache<string, true>({ max: REMEMBERED_KEYS, ttl: ONCE_A_MS });
  return (key) => {
    if (noted.has(key.id)) return;
    noted.set(key.id, true);
    inTenant(db, key.tenantId, (tx) =>
      touchKey(tx, { tenantId: key.tenantId, id: key.id, at: clock.now() }),
    ).catch((error: unknown) =>
      log.warn({ key_prefix: key.prefix, err: describeError(error) }, 'a last use was not noted'),
    );
  };
}
