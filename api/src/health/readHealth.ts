import type { Health, HealthStatus, Readiness } from '@origin-stack/contract/health';
import type { ApiDeps } from '../wire.ts';
import { checkDatabase, checkKeyProvider, checkOutbox, checkRedis } from './checks.ts';

const ORDER: HealthStatus[] = ['healthy', 'degraded', 'unhealthy'];
const worst = (statuses: HealthStatus[]): HealthStatus =>
  ORDER[Math.max(...statuses.map((status) => ORDER.indexOf(status)))] ?? 'unhealthy';

const KEEP_MS = 1_000;
const kept = new WeakMap<ApiDeps, { untilMs: number; health: Promise<Required<Health>> }>();

/** All components at once. Anybody may ask: what was found is kept for a second, and who asks meanwhile shares it. */
export function readHealth(deps: ApiDeps): Promise<Required<Health>> {
  const known = kept.get(deps);
  if (known && performance.now() < known.untilMs) return known.health;
  const health = checkAll(deps);
  kept.set(deps, { untilMs: performance.now() + KEEP_MS, health });
  return health;
}

async function checkAll(deps: ApiDeps): Promise<Required<Health>> {
  const [database, redis, keyProvider, outbox] = await Promise.all([
    checkDatabase(deps),
    checkRedis(deps),
    checkKeyProvider(deps),
    checkOutbox(deps),
  ]);
  return {
    status: worst([database.status, redis.status, keyProvider.status, outbox.status]),
    timestamp: deps.clock.now(),
    components: {
      database,
      redis,
      key_provider: keyProvider,
      outbox,
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
