import { expect, it } from 'vitest';
import { retryAfterSeconds } from './retryAfterSeconds.ts';

const nowMs = Date.UTC(2026, 10, 22, 12, 0, 0);

it.each([
  ['0', 0],
  ['120', 120],
  [' 7 ', 7],
  ['Sun, 22 Nov 2026 12:01:30 GMT', 90],
  ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
  ['-1', undefined],
  ['1.5', undefined],
  ['1e9', undefined],
  ['9999999999', undefined],
  ['soon', undefined],
  ['Sun, 99 Nov 2026 12:00:00 GMT', undefined],
  ['2026', 2026],
  ['2026-11-22', undefined],
  [undefined, undefined],
  [['1', '2'], undefined],
] as const)('reads %j as %j seconds', (header, seconds) => {
  const value = typeof header === 'object' ? [...header] : header;
  expect(retryAfterSeconds(value, nowMs)).toBe(seconds);
});
