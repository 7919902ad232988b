import { toHex } from './hex.ts';

/**
 * SHA-256 in lower-case hex (64 characters). A string is hashed as its UTF-8; one with a lone surrogate has
 * none and throws a `TypeError`.
 */
export async function sha256Hex(data: Uint8Array | string): Promise<string> {
  if (typeof data === 'string' && !data.isWellFormed())
    throw new TypeError('lone surrogate: no UTF-8 to hash');
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data);
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}
