import { type Inspected, serviceOf } from '../../audit/inspected.ts';
import { askPostgres } from '../askPostgres.ts';
import { defineCheck, error } from '../doctorCheck.ts';

const DEFAULT_POOL = 50;
/** Migrations, cron, exporter, backup and the superuser's. */
const RESERVE = 20;

/** Every pool at its full size, one replica more while another is replaced, and the reserve. */
export const poolSums = defineCheck({
  name: 'pools',
  rule: "all pools together fit into PostgreSQL's connections",
  needs: 'running',
  async detect({ dir, containers }) {
    const max = Number(await askPostgres(dir, 'show max_connections'));
    const pools = containers
      .filter((one) => ['api-a', 'api-b', 'worker'].includes(serviceOf(one)))
      .map(poolOf);
    if (!Number.isInteger(max) || max === 0 || pools.length === 0) return [];
    const sum = pools.reduce((total, size) => total + size, 0) + Math.max(...pools) + RESERVE;
    if (sum <= max) return [];
    const what = `pools of ${pools.join(' + ')}, one more while a replica is replaced, and ${RESERVE} are ${sum}; max_connections is ${max}`;
    return [
      error(
        what,
        './stack config set DATABASE_POOL_MAX=…, or raise max_connections (compose/images/postgres/postgresql.conf) and ./stack up',
      ),
    ];
  },
});

/** As the process was told, else by default. */
export function poolOf({ Config }: Inspected): number {
  const line = (Config.Env ?? []).find((one) => one.startsWith('DATABASE_POOL_MAX='));
  // Empty is the default, as for the process.
  return Number(line?.split('=')[1] || DEFAULT_POOL);
}
