import { describe, expect, test } from 'vitest';
import { seededRandom, xoshiro128 } from './seededRandom.ts';

describe('seededRandom', () => {
  test('is xoshiro128** by its published vector for the state 1, 2, 3, 4', () => {
    const next = xoshiro128([1, 2, 3, 4]);
    const expected = [
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ];
    expect(expected.map(() => next())).toEqual(expected);
  });

  test('repeats for one seed and differs for another', () => {
    const draw = (seed: number) => {
      const { uniform } = seededRandom(seed);
      return Array.from({ length: 20 }, uniform);
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  test('is uniform and normal in mean and spread', () => {
    const { uniform, normal, chance } = seededRandom(1);
    const spread = (values: number[]) => {
      const mean = values.reduce((a, b) => a + b) / values.length;
      return { mean, variance: values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length };
    };
    const uniforms = Array.from({ length: 50_000 }, uniform);
    expect(uniforms.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(spread(uniforms).mean).toBeCloseTo(1 / 2, 2);
    expect(spread(uniforms).variance).toBeCloseTo(1 / 12, 2);
    const normals = spread(Array.from({ length: 50_000 }, normal));
    expect(Math.abs(normals.mean)).toBeLessThan(0.02);
    expect(Math.abs(normals.variance - 1)).toBeLessThan(0.03);
    const hits = Array.from({ length: 50_000 }, () => chance(0.3)).filter(Boolean).length;
    expect(hits / 50_000).toBeCloseTo(0.3, 1);
  });
});
