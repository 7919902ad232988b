import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ATTEMPTS, putOffDelayMs, retryDelayMs } from './deliveryDelays.ts';

const HOUR_MS = 3_600_000;
const fraction = fc.double({ min: 0, max: 1, noNaN: true });

describe('retryDelayMs', () => {
  it('doubles from 10 s to 6 h', () => {
    const seconds = [1, 2, 3, 11, 12, 13, 24].map((attempt) => retryDelayMs({ attempt }, 0.5) / 1000);
    expect(seconds).toEqual([10, 20, 40, 10_240, 20_480, 21_600, 21_600]);
  });

  it('gives a delivery about 77 hours', () => {
    let totalMs = 0;
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt += 1) totalMs += retryDelayMs({ attempt }, 0.5);
    expect(totalMs / HOUR_MS).toBeCloseTo(77.4, 1);
  });

  it('stays within 20 % of its middle, whatever the chance', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fraction, (attempt, random) => {
        const middleMs = retryDelayMs({ attempt }, 0.5);
        const delayMs = retryDelayMs({ attempt }, random);
        expect(Math.abs(delayMs - middleMs)).toBeLessThanOrEqual(middleMs * 0.2 + 1);
      }),
    );
    expect(retryDelayMs({ attempt: 1 }, 0)).toBe(8_000);
    expect(retryDelayMs({ attempt: 1 }, 1)).toBe(12_000);
  });

  it('waits as long as the endpoint asked for, but never asks less than the schedule or more than 6 h', () => {
    expect(retryDelayMs({ attempt: 1, retryAfterSeconds: 900 }, 0.5)).toBe(900_000);
    expect(retryDelayMs({ attempt: 1, retryAfterSeconds: 0 }, 0.5)).toBe(10_000);
    expect(retryDelayMs({ attempt: 1, retryAfterSeconds: 10 ** 9 }, 0.5)).toBe(6 * HOUR_MS);
  });
});

it('work that cannot be tried is put off by at most 5 minutes and a fifth', () => {
  expect(putOffDelayMs(1, 0.5)).toBe(10_000);
  expect(putOffDelayMs(2000, 0.5)).toBe(300_000);
  expect(putOffDelayMs(2000, 1)).toBe(360_000);
});
