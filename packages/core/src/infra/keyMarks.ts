import { randomUUID } from 'node:crypto';
import { KEY_CACHE_SECONDS, type KeyMarks } from '../domain/keys/authenticate.ts';
import type { Redis } from './redis.ts';

/** A mark whose time is over costs one read of the key: nothing is trusted without one. */
const markOf = (prefix: string, slackSeconds: number) => ({
  key: `app:key-mark:${prefix}`,
  value: randomUUID(),
  ttlSeconds: KEY_CACHE_SECONDS + slackSeconds,
});

/** The marks in Redis. Where it is away, slow, or takes no writes, `confirm` gives undefined: nothing cached is trusted. */
export function openKeyMarks(redis: Redis, slackSeconds: number): KeyMarks {
  const unlessAway = async <T>(ask: () => Promise<T>): Promise<T | undefined> =>
    redis.isReady() ? ask().catch(() => undefined) : undefined;
  return {
    read: (prefix) => unlessAway(() => redis.get(markOf(prefix, slackSeconds).key)),
    confirm: (prefix) =>
      unlessAway(async () => {
        const fresh = markOf(prefix, slackSeconds);
        return (await redis.setIfAbsent(fresh)) ?? fresh.value;
      }),
  };
}

/**
 * Tells every process that keys changed: what they cached is not used again. Called after the change is committed.
 * Rejects where Redis does not take a mark: then copies may be used until they are {@link KEY_CACHE_SECONDS} old.
 */
export async function markKeys(redis: Redis, prefixes: string[], slackSeconds: number): Promise<void> {
  await Promise.all(prefixes.map((prefix) => redis.setWithTtl(markOf(prefix, slackSeconds))));
}
