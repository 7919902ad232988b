import { expect, test } from 'vitest';
import { printable } from './printable.ts';

test('a name cannot colour, move, turn or break the line that shows it', () => {
  expect(printable('a\u001b[31mred\nb\u009bc.txt')).toBe('a\\u{1b}[31mred\\u{a}b\\u{9b}c.txt');
  expect(printable('invoice\u202efdp.exe\u2028')).toBe('invoice\\u{202e}fdp.exe\\u{2028}');
  expect(printable('Übung 書.pdf')).toBe('Übung 書.pdf');
});
