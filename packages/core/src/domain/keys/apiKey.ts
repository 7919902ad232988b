import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const FORM = /^ok_(live|op|svc)_([0-9A-Za-z]{8})_([0-9A-Za-z]{32})_([0-9A-Za-z]{6})$/;

export type KeyKind = 'live' | 'op' | 'svc';

export interface ParsedKey {
  kind: KeyKind;
  /** The 8 characters that stand in the database and in logs. */
  prefix: string;
}

/** `length` characters of base62, each from an unbiased draw. */
function base62(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      // 248 is the largest multiple of 62 below 256: what lies above would favour some characters.
      if (byte < 248 && text.length < length) text += ALPHABET[byte % 62];
    }
  }
  return text;
}

/** CRC-32/IEEE of the text before the final underscore, base62, most significant first, padded to 6. */
function check(body: string): string {
  let value = crc32(body);
  let text = '';
  while (value > 0) {
    text = ALPHABET[value % 62] + text;
    value = Math.floor(value / 62);
  }
  return text.padStart(6, '0');
}

/** A new key `ok_<kind>_<prefix>_<secret>_<check>`: 190 random bits. */
export function generateApiKey(kind: KeyKind): { key: string; prefix: string } {
  const prefix = base62(8);
  const body = `ok_${kind}_${prefix}_${base62(32)}`;
  return { key: `${body}_${check(body)}`, prefix };
}

/** The parts of a well-formed key, or undefined: a wrong check is refused with no read. */
export function parseApiKey(key: string): ParsedKey | undefined {
  const match = FORM.exec(key);
  if (!match) return undefined;
  const [, kind, prefix, , given] = match;
  if (given !== check(key.slice(0, key.lastIndexOf('_')))) return undefined;
  return { kind: kind as KeyKind, prefix: prefix as string };
}
