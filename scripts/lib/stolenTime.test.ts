import { expect, test } from 'vitest';
import { countStolenTime, stolenInWords } from './stolenTime.ts';

const later = (...texts: string[]) => countStolenTime(() => texts.shift() ?? '');

test('gives the share of the time in between that the host gave to others', () => {
  const share = later('cpu  10 0 10 60 0 0 0 20 5 0\ncpu0 1 1', 'cpu  20 0 20 110 0 0 0 50 9 0\ncpu0 1 1');
  expect(share()).toBe(0.3);
  expect(stolenInWords(0.3)).toBe('30.0 %');
});

test('says nothing where nothing is counted, or no time went by', () => {
  expect(later('', '')()).toBeNull();
  expect(later('cpu  1 2 3 4\n', 'cpu  1 2 3 4\n')()).toBeNull();
  expect(later('cpu  1 0 1 1 0 0 0 1\n', 'cpu  1 0 1 1 0 0 0 1\n')()).toBeNull();
  expect(stolenInWords(null)).toBe('unknown');
});

test('reads this kernel', () => {
  const share = countStolenTime();
  const untilMs = performance.now() + 50;
  while (performance.now() < untilMs);
  expect(share()).toBeGreaterThanOrEqual(0);
  expect(share()).toBeLessThanOrEqual(1);
});
