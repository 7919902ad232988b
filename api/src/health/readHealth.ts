import type { Health, HealthStatus, Readiness } from '@origin-stack/contract/health';
import type { ApiDeps } from '../wire.ts';
import { checkDatabase, checkKeyProvider, checkRedis } from './checks.ts';

const ORDER: HealthStatus[] = ['healthy', 'degraded', 'unhealthy'];
const worst = (statuses: HealthStatus[]): HealthStatus =>
  ORDER[Math.max(...statuses.map((status) => ORDER.indexOf(status)))] ?? 'unhealthy';

/** All components at once. */
export async function readHealth(deps: ApiDeps): Promise<Required<Health>> {
  const [database, redis, keyProvider] = await Promise.all([
    checkDatabase(deps),
    checkRedis(deps),
    checkKeyProvider(deps),
  ]);
  return {
    status: worst([database.status, redis.status, keyProvider.status]),
    timestamp: deps.clock.now(),
    components: {
      database,
      redis,
      key_provider: keyProvider,
      application: {
        status: 'healthy',
        uptime_seconds: Math.round(process.uptime()),
        version: deps.version,
        environment: deps.settings.ENVIRONMENT,
      },
    },
  };
}

/** Ready: every dependency answers, and the process is not stopping. */
export async function readReadiness(deps: ApiDeps): Promise<Required<Readiness>> {
  const health = await readHealth(deps);
  const ready = health.status !== 'unhealthy' && !deps.isStopping();
  return { ...health, status: ready ? health.status : 'unhealthy', ready };
}
