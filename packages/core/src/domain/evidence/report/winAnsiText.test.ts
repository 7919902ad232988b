import fc from 'fast-check';
import { expect, test } from 'vitest';
import { winAnsiText } from './winAnsiText.ts';

test('shows what Windows-1252 has as it is', () => {
  const text = 'Größe: 5 € – “naïve” ½ ÿ';
  expect(winAnsiText(text)).toBe(text);
});

test.each([
  ['a letter of another script', '請求', '\\u{8acb}\\u{6c42}'],
  ['an emoji of two code units', 'a😀b', 'a\\u{1f600}b'],
  ['a lone surrogate', 'a\ud800b', 'a\\u{d800}b'],
  ['a line break and a tab', 'a\nb\tc', 'a\\u{a}b\\u{9}c'],
  ['a control of the upper half', 'a\u0085b', 'a\\u{85}b'],
  ['a right-to-left override', 'a\u202eb', 'a\\u{202e}b'],
  ['a no-break space and a soft hyphen', 'a\u00a0b\u00adc', 'a\\u{a0}b\\u{ad}c'],
])('writes %s by its code point', (_, text, expected) => {
  expect(winAnsiText(text)).toBe(expected);
});

test('keeps every two different texts apart, also those that look escaped', () => {
  const decode = (text: string) =>
    text.replace(/\\\\|\\u\{([0-9a-f]+)\}/g, (_, hex) =>
      hex ? String.fromCodePoint(Number.parseInt(hex, 16)) : '\\',
    );
  const piece = fc.constantFrom('\\', 'u{65e5}', '日', 'a', '{', '}', '\u{1f600}', '\\u{');
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece).map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(text, (given) => {
      expect(decode(winAnsiText(given))).toBe(given);
    }),
  );
});
