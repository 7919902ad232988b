import { sigmoid } from '@origin-stack/sdk/decision/logisticRegression';
import { distance } from '@origin-stack/sdk/decision/mahalanobisDistance';
import { describe, expect, test } from 'vitest';
import { fitLogistic } from './fitLogistic.ts';
import { fitMahalanobis } from './fitMahalanobis.ts';
import { seededRandom } from './seededRandom.ts';

const random = seededRandom(3);
const rows = Array.from({ length: 20_000 }, () => {
  const common = random.normal();
  return [5 + 2 * common, common + random.normal()];
});

describe('fitLogistic', () => {
  test('finds the weights that made the labels', () => {
    const labels = rows.map(([a, b]) => random.chance(sigmoid(-1 + 0.8 * (a! - 5) - 1.2 * b!)));
    const { weights, intercept, scale, mean, low, high } = fitLogistic(rows, labels);
    const slope = weights.map((weight, i) => weight / scale[i]!);
    expect(slope[0]).toBeCloseTo(0.8, 1);
    expect(slope[1]).toBeCloseTo(-1.2, 1);
    expect(intercept - slope[0]! * mean[0]! - slope[1]! * mean[1]!).toBeCloseTo(-1 - 0.8 * 5, 0);
    expect(low[0]).toBeLessThan(mean[0]!);
    expect(high[0]).toBeGreaterThan(mean[0]!);
  });

  test('refuses a column that never varies', () => {
    expect(() =>
      fitLogistic(
        [
          [1, 2],
          [1, 3],
        ],
        [true, false],
      ),
    ).toThrow(/column 0/);
  });
});

describe('fitMahalanobis', () => {
  const fitted = fitMahalanobis(rows);

  test('measures in units of spread along every direction', () => {
    // With covariance [[4, 2], [2, 2]] the inverse is [[0.5, -0.5], [-0.5, 1]].
    const by = (x: number, y: number) => Math.sqrt(0.5 * x * x - x * y + y * y);
    for (const [x, y] of [
      [2, 0],
      [0, 1],
      [2, 1],
      [2, -1],
    ] as const) {
      expect(Math.abs(distance(fitted, [5 + x, y]) - by(x, y))).toBeLessThan(0.06);
    }
  });

  test('reads its quantiles from the rows: in two dimensions half lie within √(2 ln 2)', () => {
    const half = fitted.distances[fitted.levels.indexOf(0.5)];
    expect(half).toBeCloseTo(Math.sqrt(2 * Math.log(2)), 1);
    expect(fitted.levels.at(-1)).toBe(1);
  });
});
