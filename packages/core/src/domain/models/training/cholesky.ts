/**
 * The Cholesky factor of a symmetric positive definite matrix, as rows of its lower triangle. Throws a `RangeError` where
 * the matrix is not positive definite.
 */
export function choleskyFactor(matrix: readonly (readonly number[])[]): number[][] {
  const factor: number[][] = [];
  for (const [i, source] of matrix.entries()) {
    const row: number[] = [];
    for (let j = 0; j <= i; j += 1) {
      const other = j === i ? row : entry(factor, j);
      const rest = entry(source, j) - dot(row, other, j);
      if (j < i) row.push(rest / entry(other, j));
      else if (rest > 0) row.push(Math.sqrt(rest));
      else throw new RangeError(`the matrix is not positive definite at row ${i}`);
    }
    factor.push(row);
  }
  return factor;
}

/** Solves L·x = b for a lower triangle L. */
export function solveLower(lower: readonly (readonly number[])[], b: readonly number[]): number[] {
  const x: number[] = [];
  for (const [i, row] of lower.entries()) x.push((entry(b, i) - dot(row, x, i)) / entry(row, i));
  return x;
}

/** The inverse of a lower triangle, as rows of a lower triangle. */
export function invertLower(lower: readonly (readonly number[])[]): number[][] {
  const columns = lower.map((_, j) =>
    solveLower(
      lower,
      lower.map((_, i) => (i === j ? 1 : 0)),
    ),
  );
  return lower.map((row, i) => row.map((_, j) => entry(entry(columns, j), i)));
}

/** Solves A·x = b for a symmetric positive definite A. */
export function solvePositive(matrix: readonly (readonly number[])[], b: readonly number[]): number[] {
  const inverse = invertLower(choleskyFactor(matrix));
  const half = inverse.map((row) => dot(row, b, row.length));
  return inverse.map((_, j) =>
    inverse.reduce((sum, row, i) => (i < j ? sum : sum + entry(row, j) * entry(half, i)), 0),
  );
}

function dot(a: readonly number[], b: readonly number[], length: number): number {
  let sum = 0;
  for (let k = 0; k < length; k += 1) sum += entry(a, k) * entry(b, k);
  return sum;
}

function entry<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new RangeError(`no entry ${index} in a list of ${list.length}`);
  return value;
}
