import type { Knex } from 'knex';

/** One member of many rows as an array binding, for `unnest`. knex's types know no array that holds null. */
export function columnOf<T>(rows: readonly T[], name: keyof T): Knex.RawBinding {
  return rows.map((row) => row[name] ?? null) as Knex.RawBinding;
}
