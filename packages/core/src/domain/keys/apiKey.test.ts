import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateApiKey, type KeyKind, parseApiKey } from './apiKey.ts';

/** The vector of interfaces.md. */
const VECTOR = 'ok_live_0aZ9bY8c_0123456789ABCDEFabcdefGHIJKLMNOP_43pCaI';
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const kinds = fc.constantFrom<KeyKind>('live', 'op', 'svc');

/** CRC-32/IEEE bit by bit, as the standard's polynomial says, and base62 by BigInt: a second way to the check. */
function slowCheck(body: string): string {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(body, 'ascii')) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  let rest = BigInt((crc ^ 0xffffffff) >>> 0);
  const digits = Array.from({ length: 6 }, () => {
    const digit = BASE62[Number(rest % 62n)];
    rest /= 62n;
    return digit;
  });
  return digits.reverse().join('');
}

describe('parseApiKey', () => {
  it('reads the published vector', () => {
    expect(parseApiKey(VECTOR)).toEqual({ kind: 'live', prefix: '0aZ9bY8c' });
  });

  it('reads every key that is made, of every kind', () => {
    fc.assert(
      fc.property(kinds, (kind) => {
        const { key, prefix } = generateApiKey(kind);
        expect(parseApiKey(key)).toEqual({ kind, prefix });
        expect(key).toMatch(new RegExp(`^ok_${kind}_${prefix}_[0-9A-Za-z]{32}_[0-9A-Za-z]{6}$`));
      }),
    );
  });

  it('refuses a key with any one character changed', () => {
    fc.assert(
      fc.property(kinds, fc.nat(), fc.constantFrom(...BASE62, '_', '-', ' ', 'é'), (kind, at, other) => {
        const { key } = generateApiKey(kind);
        const place = at % key.length;
        fc.pre(key[place] !== other);
        expect(parseApiKey(key.slice(0, place) + other + key.slice(place + 1))).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses a key that is cut, lengthened, or has white space around it', () => {
    const wrong = [VECTOR.slice(0, -1), VECTOR.slice(1), `${VECTOR}A`, ` ${VECTOR}`, `${VECTOR}\n`, ''];
    for (const key of wrong) expect(parseApiKey(key)).toBeUndefined();
    for (let length = 0; length < VECTOR.length; length += 1) {
      expect(parseApiKey(VECTOR.slice(0, length))).toBeUndefined();
    }
  });

  it('refuses a well-formed key of a kind that does not exist, though its check is right', () => {
    const body = `ok_root_${VECTOR.split('_')[2]}_${VECTOR.split('_')[3]}`;
    expect(parseApiKey(`${body}_${slowCheck(body)}`)).toBeUndefined();
  });
});

describe('generateApiKey', () => {
  it('ends with the CRC-32 of what stands before it, also where that begins with zeros', () => {
    let padded = 0;
    for (let count = 0; count < 3_000; count += 1) {
      const { key } = generateApiKey('live');
      const end = key.lastIndexOf('_');
      expect(key.slice(end + 1)).toBe(slowCheck(key.slice(0, end)));
      if (key[end + 1] === '0') padded += 1;
    }
    expect(padded).toBeGreaterThan(0);
  });

  it('draws each of the 62 characters as often as any other', () => {
    const counts = new Map([...BASE62].map((character) => [character, 0]));
    const keys = 8_000;
    for (let made = 0; made < keys; made += 1) {
      const [, , prefix = '', secret = ''] = generateApiKey('live').key.split('_');
      for (const character of prefix + secret) counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    const expected = (keys * 40) / 62;
    const chiSquare = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    // 61 degrees of freedom: a fair draw is above 130 about once in a million runs; `byte % 62` gives some 6,000.
    expect(chiSquare).toBeLessThan(130);
  });

  it('makes no two keys alike', () => {
    const keys = new Set(Array.from({ length: 2_000 }, () => generateApiKey('svc').key));
    expect(keys.size).toBe(2_000);
  });
});
