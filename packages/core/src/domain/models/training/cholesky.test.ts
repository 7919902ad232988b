import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { choleskyFactor, invertLower, solvePositive } from './cholesky.ts';

const times = (matrix: number[][], x: number[]) =>
  matrix.map((row) => row.reduce((sum, v, i) => sum + v * x[i]!, 0));

describe('cholesky', () => {
  test('factors the matrix of the textbook', () => {
    // Golub and Van Loan's size, with whole numbers: L·Lᵀ
    const matrix = [
      [4, 12, -16],
      [12, 37, -43],
      [-16, -43, 98],
    ];
    expect(choleskyFactor(matrix)).toEqual([[2], [6, 1], [-8, 5, 3]]);
    expect(invertLower([[2], [6, 4]])).toEqual([[0.5], [-0.75, 0.25]]);
  });

  test('solves what multiplies back to the right-hand side', () => {
    const numbers = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 4, maxLength: 4 });
    const property = fc.property(fc.tuple(numbers, numbers, numbers, numbers), numbers, (rows, b) => {
      // A·Aᵀ + I is symmetric and positive definite whatever A is.
      const matrix = rows.map((row, i) =>
        rows.map((other, j) => times([row], other)[0]! + (i === j ? 1 : 0)),
      );
      const back = times(matrix, solvePositive(matrix, b));
      for (const [i, value] of back.entries()) expect(value).toBeCloseTo(b[i]!, 6);
    });
    fc.assert(property);
  });

  test('refuses a matrix that is not positive definite', () => {
    expect(() =>
      choleskyFactor([
        [1, 2],
        [2, 1],
      ]),
    ).toThrow(/not positive definite at row 1/);
    expect(() => choleskyFactor([[Number.NaN]])).toThrow(RangeError);
  });
});
