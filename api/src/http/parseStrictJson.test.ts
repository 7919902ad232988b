import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStrictJson } from './parseStrictJson.ts';
import { StrictJsonError } from './strictJsonError.ts';

const parse = (text: string) => parseStrictJson(Buffer.from(text));

function refusal(bytes: string | Uint8Array): { pointer: string; message: string } {
  try {
    parseStrictJson(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error;
    return { pointer: error.pointer, message: error.message };
  }
  throw new Error(`accepted: ${String(bytes).slice(0, 100)}`);
}

/** What RFC 7493 and the depth let through, decided on values and not on text. */
function isAcceptable(value: unknown, depth = 1): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  if (depth > 64) return false;
  return Object.entries(value).every(
    ([name, member]) => name.isWellFormed() && name !== '__proto__' && isAcceptable(member, depth + 1),
  );
}

describe('parseStrictJson', () => {
  it('takes every acceptable value as JSON.parse does, and refuses the others', () => {
    let accepted = 0;
    const values = fc.jsonValue({ stringUnit: 'binary', maxDepth: 6, noUnicodeString: false });
    fc.assert(
      fc.property(values, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const judged: unknown = JSON.parse(text);
        const hasUnsafe = /(?<![\w.+-])-?[0-9]{17,}(?![\d.eE])/.test(
          text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""'),
        );
        if (!isAcceptable(judged) || hasUnsafe) return void refusal(text);
        accepted += 1;
        expect(parse(text)).toEqual(judged);
      }),
      { numRuns: 2000, seed: 7493 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  it('refuses every text that JSON.parse refuses', () => {
    const mutated = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', ',', '"', '\\', '}', ']', '{', '[', '0', '.', 'e', '\u0000', ' ', ':'),
      )
      .map(
        ([text, at, piece]) =>
          text.slice(0, at % (text.length + 1)) + piece + text.slice((at % (text.length + 1)) + 1),
      );
    let refused = 0;
    fc.assert(
      fc.property(mutated, (text) => {
        const isJson = (() => {
          try {
            JSON.parse(text);
            return true;
          } catch {
            return false;
          }
        })();
        if (isJson) return;
        refused += 1;
        refusal(text);
      }),
      { numRuns: 3000, seed: 8259 },
    );
    expect(refused).toBeGreaterThan(500);
  });

  it.each([
    ['{"a":1,"a":1}', '/a'],
    ['{"a":1,"b":2,"a":3}', '/a'],
    ['{"a":1,"\\u0061":2}', '/a'],
    ['[[],{"x":{"y":[0,{"b":1,"c":1,"b":1}]}}]', '/1/x/y/1/b'],
    ['{"a/b":{"~":[{"":0,"":0}]}}', '/a~1b/~0/0/'],
    ['{"a":{"k":1},"b":{"k":1},"c":1,"b":2}', '/b'],
  ])('refuses the member that stands twice in %s', (text, pointer) => {
    expect(refusal(text)).toEqual({ pointer, message: 'stands twice in its object' });
  });

  it('takes the same name in objects beside and within each other', () => {
    const text = '{"a":{"a":{"b":1}},"b":[{"a":1},{"a":1}],"c":{"a":1,"b":2,"c":3}}';
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  it('finds a duplicate among any number of members', () => {
    const names = fc.uniqueArray(
      fc.string({ maxLength: 5 }).filter((name) => name !== '__proto__'),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(names, fc.nat(), fc.nat(), (all, which, where) => {
        const twice = all[which % all.length] ?? '';
        const list = all.toSpliced(where % (all.length + 1), 0, twice);
        const text = `{${list.map((name) => `${JSON.stringify(name)}:0`).join(',')}}`;
        expect(refusal(text).message).toBe('stands twice in its object');
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it.each([
    ['9007199254740992', 'is an integer beyond 2^53-1'],
    ['9007199254740993', 'is an integer beyond 2^53-1'],
    ['-9007199254740993', 'is an integer beyond 2^53-1'],
    ['1'.repeat(300), 'is an integer beyond 2^53-1'],
    ['1e400', 'is too large a number'],
    ['-1e400', 'is too large a number'],
    ['1E+999', 'is too large a number'],
    ['1'.repeat(400), 'is too large a number'],
  ])('refuses the number %s where it stands', (token, message) => {
    expect(refusal(token)).toEqual({ pointer: '', message });
    expect(refusal(`[0,{"n":[1,${token}]}]`)).toEqual({ pointer: '/1/n/1', message });
  });

  it.each([
    '9007199254740991',
    '-9007199254740991',
    '-0',
    '0',
    '1e-400',
    '1.7976931348623157e308',
    '0.1',
    '12345678.123456789',
  ])('takes the number %s', (token) => {
    expect(parse(token)).toBe(JSON.parse(token));
    expect(parse(`{"n":${token} }`)).toEqual(JSON.parse(`{"n":${token} }`));
  });

  it.each([
    ['"\\ud800"', ''],
    ['"\\udc00\\ud800"', ''],
    ['{"a":"x\\ud83d"}', '/a'],
    ['{"a":{"\\ude00":1}}', '/a'],
    ['{"a":{"b":1,"\\ude00":1}}', '/a'],
    ['[1,"\\ud83dx\\ude00"]', '/1'],
  ])('refuses the lone surrogate in %s', (text, pointer) => {
    expect(refusal(text)).toEqual({ pointer, message: 'holds a lone surrogate' });
  });

  it('takes pairs of surrogates, escaped and not', () => {
    expect(parse('["\\ud83d\\ude00","😀","\\\\ud800"]')).toEqual(['😀', '😀', '\\ud800']);
  });

  it.each([
    ['a byte order mark', Buffer.from('\ufeff{}'), 'begins with a byte order mark'],
    ['UTF-16', Buffer.from('{}', 'utf16le'), 'is not valid JSON'],
    ['an overlong form', Buffer.from([0x22, 0xc0, 0x80, 0x22]), 'is not UTF-8'],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'is not UTF-8'],
    ['a cut sequence', Buffer.from([0x22, 0xf0, 0x9f, 0x98]), 'is not UTF-8'],
    ['nothing', Buffer.alloc(0), 'is not valid JSON'],
    ['a control character in a string', Buffer.from('"\u0000"'), 'is not valid JSON'],
    ['a comment', Buffer.from('{}//'), 'is not valid JSON'],
    ['NaN', Buffer.from('NaN'), 'is not valid JSON'],
    ['__proto__', Buffer.from('{"__proto__":{}}'), 'is not a name that a member may have'],
    ['an escaped __proto__', Buffer.from('{"\\u005f_proto__":{}}'), 'is not a name that a member may have'],
  ])('refuses %s', (_what, bytes, message) => {
    expect(refusal(bytes).message).toBe(message);
  });

  it('takes 64 levels and refuses 65, whatever they are made of', () => {
    const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);
    expect(parse(nested(64, '[', ']'))).toEqual(JSON.parse(nested(64, '[', ']')));
    expect(refusal(nested(65, '[', ']')).message).toBe('is nested beyond 64 levels');
    expect(refusal(`${'{"a":'.repeat(65)}1${'}'.repeat(65)}`).message).toBe('is nested beyond 64 levels');
    expect(refusal(nested(100_000, '[', ']')).message).toBe('is nested beyond 64 levels');
    expect(parse(`["${'['.repeat(100)}","\\"[${'['.repeat(100)}"]`)).toHaveLength(2);
  });
});
