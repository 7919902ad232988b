import { createHash } from 'node:crypto';

/** A key where the key itself may not stand. */
export interface KeyName {
  /** `ok_<kind>_<prefix>`, as logs and audit lines show it. */
  keyPrefix: string;
  /** The first 16 hex digits of the SHA-256 of its ASCII bytes. */
  fingerprint: string;
}

export function nameOfKey(key: string): KeyName {
  const fingerprint = createHash('sha256').update(key, 'ascii').digest('hex').slice(0, 16);
  return { keyPrefix: key.split('_').slice(0, 3).join('_'), fingerprint };
}

/** The 8 characters by which keys are told apart in file names and lists. */
export const shortPrefix = (keyPrefix: string): string => keyPrefix.slice(-8);
