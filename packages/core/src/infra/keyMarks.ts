import { randomUUID } from 'node:crypto';
import { KEY_CACHE_SECONDS, type KeyMarks } from '../domain/keys/authenticate.ts';
import type { Redis } from './redis.ts';

const markKey = (prefix: string) => `app:key-mark:${prefix}`;

/** Reads marks; undefined where Redis is away or slow, so that nothing cached is trusted. */
export function readKeyMarks(redis: Redis): KeyMarks {
  return {
    async read(prefix) {
      if (!redis.isReady()) return undefined;
      return redis.get(markKey(prefix)).catch(() => undefined);
    },
  };
}

/**
 * Tells every process that keys changed: what they cached is not used again. Called after the change is committed.
 * The mark outlives every cache entry that it speaks of.
 */
export async function markKeys(redis: Redis, prefixes: string[], slackSeconds: number): Promise<void> {
  const ttlSeconds = KEY_CACHE_SECONDS + slackSeconds;
  await Promise.all(
    prefixes.map((prefix) => redis.setWithTtl({ key: markKey(prefix), value: randomUUID(), ttlSeconds })),
  );
}
