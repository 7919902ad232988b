import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Place } from '../invariants/traces.ts';
import type { OwnerDatabase } from './openOwner.ts';

/** Every file below a folder, as text that keeps each byte. */
export async function readFiles(dir: string): Promise<Place[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.map(async (file) => ({ name: relative(dir, file), text: await readFile(file, 'latin1') })),
  );
}

/** Every row of every table as PostgreSQL writes it out, one place a table. */
export async function readTables(owner: OwnerDatabase): Promise<Place[]> {
  const tables = await owner.rows<{ name: string }>(
    "select quote_ident(tablename) as name from pg_tables where schemaname = 'public' order by 1",
  );
  const places: Place[] = [];
  for (const { name } of tables) {
    const rows = await owner.rows<{ text: string }>(`select t::text as text from ${name} t`);
    places.push({ name: `table ${name}`, text: rows.map((row) => row.text).join('\n') });
  }
  return places;
}
