import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { areaUnderCurve, brierScore, shareAtLeast } from './scoreMetrics.ts';

describe('scoreMetrics', () => {
  test('the area under the curve is the share of pairs in order, counted one by one', () => {
    const row = fc.record({ score: fc.integer({ min: 0, max: 5 }), bad: fc.boolean() });
    const property = fc.property(fc.array(row, { minLength: 2, maxLength: 40 }), (rows) => {
      const good = rows.filter(({ bad }) => !bad);
      const bad = rows.filter((one) => one.bad);
      fc.pre(good.length > 0 && bad.length > 0);
      const pairs = bad.flatMap((b) =>
        good.map((g) => (b.score > g.score ? 1 : b.score === g.score ? 0.5 : 0)),
      );
      const share = pairs.reduce<number>((a, b) => a + b, 0) / pairs.length;
      expect(areaUnderCurve(rows)).toBeCloseTo(share, 12);
    });
    fc.assert(property);
  });

  test('the Brier score is the mean squared error', () => {
    expect(
      brierScore([
        { score: 0.5, bad: true },
        { score: 0.2, bad: false },
      ]),
    ).toBeCloseTo((0.25 + 0.04) / 2, 12);
  });

  test('a score on the limit counts', () => {
    expect(
      shareAtLeast(
        [0.4, 0.5, 0.6, 0.1].map((score) => ({ score, bad: false })),
        0.5,
      ),
    ).toBe(0.5);
  });
});
