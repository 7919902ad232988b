import type { Db } from '../domain/ports.ts';

/** What a role or a URL may set that would change what our queries mean, or the text that they answer with. */
export const HOSTILE: Readonly<Record<string, string>> = {
  timezone: 'Asia/Kathmandu',
  datestyle: 'German',
  extra_float_digits: '-12',
  standard_conforming_strings: 'off',
  array_nulls: 'off',
  search_path: 'pg_catalog',
  row_security: 'off',
  default_transaction_isolation: 'serializable',
  bytea_output: 'escape',
  intervalstyle: 'sql_standard',
  statement_timeout: '1h',
  client_encoding: 'LATIN1',
};

/** New sessions of the role in this database begin with them. `superuser` is a pool of that database. */
export async function makeHostile(superuser: Db, role: string): Promise<void> {
  const { rows } = await superuser.raw('select current_database() as name');
  for (const [name, value] of Object.entries(HOSTILE)) {
    await superuser.raw(`alter role ${role} in database ${rows[0].name} set ${name} = '${value}'`);
  }
}

/** The URL with them in its `options`. */
export function hostileUrl(url: string): string {
  const hostile = new URL(url);
  const options = Object.entries(HOSTILE).map(([name, value]) => `-c ${name}=${value}`);
  hostile.searchParams.set('options', options.join(' '));
  return hostile.href;
}
