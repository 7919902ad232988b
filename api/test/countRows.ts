import type { Db } from '@origin-stack/core/domain/ports';

/** Tables that a request writes beside its effect: when a key was last used is not a half-written upload. */
const BESIDE = ['knex_migrations', 'knex_migrations_lock', 'key_fingerprints', 'signing_keys'];

/** The number of rows of every table, as the owner counts them: what a refused request must leave as it was. */
export async function countRows(owner: Db): Promise<Record<string, number>> {
  const { rows: tables } = await owner.raw(
    "select tablename from pg_tables where schemaname = 'public' order by 1",
  );
  const names: string[] = tables.map((row: { tablename: string }) => row.tablename);
  const counted = names.filter((name) => !BESIDE.includes(name));
  const { rows } = await owner.raw(
    counted
      .map((name) => `select '${name}' as name, count(*)::int as count from ${name}`)
      .join(' union all '),
  );
  return Object.fromEntries(rows.map((row: { name: string; count: number }) => [row.name, row.count]));
}
