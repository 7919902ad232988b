import { serviceOf } from '../../audit/inspected.ts';
import type { BundleDir } from '../../bundle/bundleDir.ts';
import { composeArgv } from '../../bundle/compose.ts';
import { askPostgres } from '../askPostgres.ts';
import { defineCheck, error } from '../doctorCheck.ts';

/** Each but the checksums, which a new cluster alone gets, comes into force without a restart. */
function resetOf(dir: BundleDir, name: string): string {
  if (name === 'data_checksums')
    return 'restore a backup into a new installation: only a new cluster gets them';
  const psql = `psql -U postgres -c 'alter system reset ${name}' -c 'select pg_reload_conf()'`;
  return `docker ${composeArgv(dir, 'exec', '-T', 'postgres').join(' ')} ${psql}`;
}

/** Without these an acknowledged write can be lost, or read on its way. */
const WANTED: Record<string, string> = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  data_checksums: 'on',
  ssl: 'on',
  password_encryption: 'scram-sha-256',
};

export const postgresSettings = defineCheck({
  name: 'postgres-settings',
  rule: 'PostgreSQL keeps what it acknowledged, with checksums, by TLS',
  needs: 'running',
  async detect({ dir, containers }) {
    if (!containers.some((one) => serviceOf(one) === 'postgres')) return [];
    const names = Object.keys(WANTED).map((name) => `'${name}'`);
    const sql = `select name || '=' || setting from pg_settings where name in (${names.join(',')})`;
    const text = await askPostgres(dir, sql);
    if (text === '') return [error('PostgreSQL does not answer', './stack logs postgres')];
    const found = Object.fromEntries(text.split('\n').map((line) => line.split('=')));
    return Object.entries(WANTED)
      .filter(([name, value]) => found[name] !== value)
      .map(([name, value]) =>
        error(`PostgreSQL runs with ${name} = ${found[name] ?? 'nothing'}, not ${value}`, resetOf(dir, name)),
      );
  },
});
