/**
 * Whether an error of Postgres speaks of the rows that were written (SQLSTATE class 22, data, and 23, constraints):
 * then the other rows of a shared transaction deserve a try of their own.
 */
export function isItemsFault(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^2[23][0-9A-Z]{3}$/.test(code);
}
