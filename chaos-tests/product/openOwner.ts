import { readFile } from 'node:fs/promises';
import { serviceFiles } from '@origin-stack/scripts/embedded/serviceFiles.ts';
import type { StateDir } from '@origin-stack/scripts/embedded/stateDir.ts';
import pg from 'pg';

/** The database as its owner sees it: every tenant's rows. */
export interface OwnerDatabase extends AsyncDisposable {
  rows<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
}

export async function openOwner(dir: StateDir): Promise<OwnerDatabase> {
  const client = new pg.Client({ connectionString: await readFile(serviceFiles(dir).urls.owner, 'utf8') });
  // A server that is killed under a test ends the connection; the next query says so.
  client.on('error', () => {});
  await client.connect();
  return {
    rows: async (sql, values) => (await client.query(sql, values)).rows,
    [Symbol.asyncDispose]: () => client.end(),
  };
}
