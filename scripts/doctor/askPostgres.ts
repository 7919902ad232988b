import type { BundleDir } from '../bundle/bundleDir.ts';
import { composeArgv, docker } from '../bundle/compose.ts';

/** One value from the bundle's PostgreSQL, by its own superuser inside of the container; empty where it is away. */
export async function askPostgres(dir: BundleDir, sql: string): Promise<string> {
  const psql = ['psql', '--no-psqlrc', '-U', 'postgres', '-d', 'origin', '-Atc', sql];
  const { code, stdout } = await docker(composeArgv(dir, 'exec', '-T', 'postgres', ...psql));
  return code === 0 ? stdout.trim() : '';
}
