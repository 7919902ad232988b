import { serviceOf } from '../../audit/inspected.ts';
import { askPostgres } from '../askPostgres.ts';
import { defineCheck, error } from '../doctorCheck.ts';

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
        error(
          `PostgreSQL runs with ${name} = ${found[name] ?? 'nothing'}, not ${value}`,
          `alter system reset ${name}, then ./stack down && ./stack up`,
        ),
      );
  },
});
