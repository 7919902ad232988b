import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printableText } from './printableText.ts';

const all = () => true;

test.each([
  ['Latin of other countries', 'Größe: 5 € – “naïve” ½ ÿ'],
  ['Chinese, Japanese and Korean', '請求書 テスト 한국어'],
  ['Arabic with a non-joiner', 'می\u200cخواهم'],
  ['Devanagari with a joiner', 'क्\u200dष'],
  ['an emoji of a family', '👨‍👩‍👧‍👦'],
  ['an emoji with a selector, a keycap and a flag', '❤\ufe0f 1\ufe0f\u20e3 🇯🇵'],
  ['marks on a letter', 'a\u0301\u0323'],
])('shows %s as it is', (_, text) => {
  expect(printableText(text, all)).toBe(text);
});

test.each([
  ['a lone surrogate', 'a\ud800b', 'a\\u{d800}b'],
  ['a line break and a tab', 'a\nb\tc', 'a\\u{a}b\\u{9}c'],
  ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
  ['a control of the upper half', 'a\u0085b', 'a\\u{85}b'],
  ['a right-to-left override', 'a\u202eb', 'a\\u{202e}b'],
  ['a no-break space and a soft hyphen', 'a\u00a0b\u00adc', 'a\\u{a0}b\\u{ad}c'],
  ['a joiner where it joins nothing', 'a\u200db👨\u200d', '\\u{61}\\u{200d}b\\u{1f468}\\u{200d}'],
  ['a selector on a digit', '1\ufe0f', '\\u{31}\\u{fe0f}'],
  ['a filler of Hangul', 'a\u3164b', 'a\\u{3164}b'],
  ['a mark without a letter', '\u0301a', '\\u{301}a'],
  [
    'marks that would reach the next line',
    `a${'\u0301'.repeat(4)}`,
    '\\u{61}\\u{301}\\u{301}\\u{301}\\u{301}',
  ],
  ['private and unassigned characters', '\ue000\u{e01ff}\u0378', '\\u{e000}\\u{e01ff}\\u{378}'],
])('writes %s by its code points', (_, text, expected) => {
  expect(printableText(text, all)).toBe(expected);
});

test('writes a cluster that no font has whole by its code points', () => {
  const covers = (characters: string[]) => !characters.includes('\u0301') || !characters.includes('日');
  expect(printableText('日a\u0301日\u0301', covers)).toBe('日a\u0301\\u{65e5}\\u{301}');
});

test('keeps every two different texts apart, also those that look escaped', () => {
  const decode = (text: string) =>
    text.replace(/\\\\|\\u\{([0-9a-f]+)\}/g, (_, hex) =>
      hex ? String.fromCodePoint(Number.parseInt(hex, 16)) : '\\',
    );
  const piece = fc.constantFrom(
    '\\',
    'u{65e5}',
    '日',
    'a',
    '{',
    '}',
    '\u{1f600}',
    '\\u{',
    '\u200d',
    '\u0301',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece).map((pieces) => pieces.join('')),
  );
  const covers = (characters: string[]) => !characters.includes('日');
  fc.assert(
    fc.property(text, (given) => {
      expect(decode(printableText(given, covers))).toBe(given);
    }),
  );
});
