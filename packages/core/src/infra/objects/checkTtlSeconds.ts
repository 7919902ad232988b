import { ObjectStoreError } from './objectStoreError.ts';

/** The longest that an S3 signature in a URL may last: seven days. */
const MAX_SECONDS = 7 * 24 * 3600;

/** Throws unless `ttlSeconds` is a whole number of seconds from 1 to seven days, S3's limit. */
export function checkTtlSeconds(ttlSeconds: number): void {
  if (!Number.isSafeInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > MAX_SECONDS) {
    throw new ObjectStoreError('invalid', `a download URL lasts 1 to ${MAX_SECONDS} seconds`);
  }
}
