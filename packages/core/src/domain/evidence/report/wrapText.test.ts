import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wrapText } from './wrapText.ts';

const perCharacter = (text: string) => text.length;

test.each([
  ['after a space', 'one two three', 9, ['one two ', 'three']],
  ['after a joint where there is no space', 'account_prior_count', 10, ['account_', 'prior_', 'count']],
  ['within a word that has neither', 'abcdefgh', 3, ['abc', 'def', 'gh']],
  ['not at all where it fits', 'a-b c', 5, ['a-b c']],
  ['without counting the space at the end', 'one two', 3, ['one ', 'two']],
])('breaks %s', (_, text, width, lines) => {
  expect(wrapText(text, width, perCharacter)).toEqual(lines);
});

test('gives an empty text one line, and a character that is too wide a line of its own', () => {
  expect(wrapText('', 5, perCharacter)).toEqual(['']);
  expect(wrapText('ab', 0.5, perCharacter)).toEqual(['a', 'b']);
});

test('loses no character and keeps within the width', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '-', '_', '/'), maxLength: 80 });
  const property = fc.property(text, fc.integer({ min: 1, max: 20 }), (given, width) => {
    const lines = wrapText(given, width, perCharacter);
    expect(lines.join('')).toBe(given);
    for (const line of lines) expect(line.trimEnd().length).toBeLessThanOrEqual(width);
  });
  fc.assert(property);
});
