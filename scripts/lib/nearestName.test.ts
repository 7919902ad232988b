import { describe, expect, it } from 'vitest';
import { nearestName } from './nearestName.ts';

describe('nearestName', () => {
  it.each([
    ['stauts', 'status'],
    ['statu', 'status'],
    ['lgos', undefined],
    ['log', 'logs'],
    ['frobnicate', undefined],
    ['', undefined],
  ])('for %j suggests %j', (typed, expected) => {
    expect(nearestName(typed, ['down', 'status', 'logs'])).toBe(expected);
  });
});
