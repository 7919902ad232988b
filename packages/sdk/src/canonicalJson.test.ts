import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonicalJson.ts';
import type { JsonValue } from './jsonValue.ts';

const write = (value: unknown) => canonicalJson(value as JsonValue);

function safeNumbers(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  if (value === null || typeof value !== 'object') return true;
  return Object.values(value).every(safeNumbers);
}

function bits(hex: string): number {
  return new DataView(
    Uint8Array.from(hex.match(/../g)!, (pair) => Number.parseInt(pair, 16)).buffer,
  ).getFloat64(0);
}

describe('canonicalJson', () => {
  it('writes the sample of RFC 8785 section 3.2.2 as section 3.2.3 prints it', () => {
    // The sample's 1E30 is an integer beyond 2^53-1, which this product refuses; 0.5 stands in its place.
    const sample = `{
      "numbers": [333333333.33333329, 0.5, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
      "literals": [null, true, false]
    }`;
    expect(write(JSON.parse(sample))).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,0.5,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    expect(() => write(JSON.parse('[1E30]'))).toThrow('"/0": integer beyond 2^53-1');
  });

  it('sorts keys by UTF-16 code units as in RFC 8785 section 3.2.3', () => {
    const sample = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    expect(
      write(sample)
        .match(/:"[^"]*"/g)!
        .map((member) => member.slice(2, -1)),
    ).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  it.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['433fffffffffffff', '9007199254740991'],
    ['c33fffffffffffff', '-9007199254740991'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
  ])('writes the IEEE 754 number %s of RFC 8785 appendix B as %s', (hex, text) => {
    expect(write(bits(hex))).toBe(text);
  });

  it.each([
    '7fefffffffffffff',
    '44b52d02c7e14af5',
    '4340000000000000',
    '4340000000000001',
    'ffefffffffffffff',
  ])('refuses the integer %s of RFC 8785 appendix B, which is beyond 2^53-1', (hex) => {
    expect(Math.abs(bits(hex))).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
    expect(() => write([bits(hex)])).toThrow('"/0": integer beyond 2^53-1');
  });

  it('agrees with the canonicalize package on every JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }).filter(safeNumbers), (value) => {
        const text = write(value);
        expect(text).toBe(canonicalize(value));
        expect(write(JSON.parse(text))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('takes an object without a prototype, and a key named __proto__', () => {
    expect(write(Object.assign(Object.create(null), { b: 1, a: [] }))).toBe('{"a":[],"b":1}');
    expect(write(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}');
  });

  const sparse: unknown[] = [];
  sparse[2] = 1;
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  it.each<[string, unknown, string]>([
    ['undefined', { a: [undefined] }, '"/a/0"'],
    ['undefined at the top', undefined, '""'],
    ['a function', { a: () => 1 }, '"/a"'],
    ['a bigint', { a: 1n }, '"/a"'],
    ['a symbol', { a: Symbol('s') }, '"/a"'],
    ['a symbol as a key', { a: { [Symbol('s')]: 1 } }, '"/a"'],
    ['a Map', { a: new Map() }, '"/a": Map'],
    ['a Date', { a: new Date(0) }, '"/a": Date'],
    ['a class instance', { a: new (class Point {})() }, '"/a"'],
    ['a boxed number', { a: Object(1) }, '"/a": Number'],
    ['an array of a subclass', { a: new (class Row extends Array {})() }, '"/a"'],
    ['a sparse array', { a: sparse }, '"/a"'],
    ['an array with a member beside its items', { a: Object.assign([1], { b: 2 }) }, '"/a"'],
    ['NaN', { a: Number.NaN }, '"/a"'],
    ['Infinity', { a: Number.POSITIVE_INFINITY }, '"/a"'],
    ['2^53', { a: 2 ** 53 }, '"/a"'],
    ['-(2^53)', { a: -(2 ** 53) }, '"/a"'],
    ['a lone high surrogate in a value', { a: 'x\ud800' }, '"/a"'],
    ['a lone low surrogate in a value', { a: '\udc00x' }, '"/a"'],
    ['a lone surrogate in a key', { a: { 'x\ud800': 1 } }, '"/a/x'],
    ['a cycle', cycle, 'cycle'],
    ['nesting of 100,000 arrays', JSON.parse('['.repeat(1e5) + ']'.repeat(1e5)), 'nesting'],
    ['a refused value below a key with / and ~', { 'a/b~c': undefined }, '"/a~1b~0c"'],
  ])('refuses %s with a TypeError that says where', (_name, value, where) => {
    expect(() => write(value)).toThrow(TypeError);
    expect(() => write(value)).toThrow(where);
  });
});
