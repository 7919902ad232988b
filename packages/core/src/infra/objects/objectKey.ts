import { ObjectStoreError } from './objectStoreError.ts';

const PART = /^[A-Za-z0-9._-]{1,255}$/;
const MAX_LENGTH = 1024;

/**
 * The parts of an object's key: `/`-separated, each of 1 to 255 of `A-Za-z0-9._-` and neither `.` nor `..`, at
 * most 1,024 characters together. Throws for anything else, so that no key leaves its folder or bucket.
 */
export function objectKeyParts(key: string): string[] {
  const parts = key.split('/');
  const isValid = parts.every((part) => PART.test(part) && part !== '.' && part !== '..');
  if (!isValid || key.length > MAX_LENGTH) {
    throw new ObjectStoreError('invalid', `not a key for an object: ${JSON.stringify(key.slice(0, 80))}`);
  }
  return parts;
}
