export type Standard = { mean: number[]; scale: number[] };

/**
 * Mean and standard deviation per column of the rows (at least two of equal length). Throws a `RangeError` for a column
 * that never varies: nothing can be learned from it and nothing can be divided by its spread.
 */
export function standardOf(rows: readonly (readonly number[])[]): Standard {
  const width = rows[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, i) => rows.map((row) => row[i] ?? Number.NaN));
  const mean = columns.map(meanOf);
  const scale = columns.map((column, i) => {
    const middle = mean[i] ?? Number.NaN;
    const spread = Math.sqrt(meanOf(column.map((value) => (value - middle) ** 2)));
    if (!(spread > 0)) throw new RangeError(`column ${i} has a spread of ${spread}`);
    return spread;
  });
  return { mean, scale };
}

export function standardise({ mean, scale }: Standard, row: readonly number[]): number[] {
  return row.map((value, i) => (value - (mean[i] ?? Number.NaN)) / (scale[i] ?? Number.NaN));
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
