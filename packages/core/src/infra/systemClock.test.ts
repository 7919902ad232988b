import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatMicros, systemClock } from './systemClock.ts';

it('writes microseconds with six digits, as RFC 3339 in UTC', () => {
  expect(formatMicros(0)).toBe('1970-01-01T00:00:00.000000Z');
  expect(formatMicros(1_770_091_506_123_457)).toBe('2026-02-03T04:05:06.123457Z');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000_000_000 }), (micros) => {
      const [seconds = '', fraction = ''] = formatMicros(micros).slice(0, -1).split('.');
      expect(Date.parse(`${seconds}Z`) * 1000 + Number(fraction)).toBe(micros);
      expect(fraction).toHaveLength(6);
    }),
  );
});

it('never goes back from one look to the next, and stays with the wall clock', () => {
  let last = systemClock.now();
  let distinct = 0;
  for (let look = 0; look < 50_000; look += 1) {
    const now = systemClock.now();
    if (now < last) expect(now).toBe(last);
    if (now !== last) distinct += 1;
    last = now;
  }
  expect(distinct).toBeGreaterThan(100);
  expect(Math.abs(Date.parse(systemClock.now()) - Date.now())).toBeLessThanOrEqual(5);
});
