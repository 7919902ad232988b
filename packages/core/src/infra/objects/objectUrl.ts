import { timingSafeEqual } from 'node:crypto';
import type { MacKey } from '../../domain/keys/keyring.ts';

const SIGNATURE = /^[0-9a-f]{64}$/;
const EXPIRES = /^[1-9]\d{0,11}$/;

/** `expires` in seconds since the epoch. */
export type ObjectUrlParts = { publicUrl: string; key: string; name: string; expires: number };

/**
 * The URL under which the API gives out an object of the filesystem store. The signature covers the method:
 * it is good for GET, not for HEAD, as with S3.
 */
export function signObjectUrl(urlKey: MacKey, { publicUrl, key, name, expires }: ObjectUrlParts): string {
  const signature = urlKey.mac(signedText(key, name, String(expires))).toString('hex');
  const query = new URLSearchParams({ expires: String(expires), name, signature });
  return `${publicUrl.replace(/\/+$/, '')}/objects/${key}?${query}`;
}

/**
 * Whether a GET of such a URL is genuine and not yet expired; the parts as they came in, `nowSeconds` since the
 * epoch. Takes the same time for every wrong signature.
 */
export function verifyObjectUrl(presented: {
  urlKey: MacKey;
  key: string;
  name: string;
  expires: string;
  signature: string;
  nowSeconds: number;
}): boolean {
  const { urlKey, key, name, expires, signature, nowSeconds } = presented;
  if (!EXPIRES.test(expires) || !SIGNATURE.test(signature)) return false;
  const isGenuine = timingSafeEqual(
    urlKey.mac(signedText(key, name, expires)),
    Buffer.from(signature, 'hex'),
  );
  return isGenuine && nowSeconds < Number(expires);
}

function signedText(key: string, name: string, expires: string): string {
  return `GET\n${key}\n${name}\n${expires}`;
}
