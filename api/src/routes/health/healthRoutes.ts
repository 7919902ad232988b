import { Health, Liveness, Readiness } from '@origin-stack/contract/health';
import { checkDatabase, checkRedis } from '../../health/checks.ts';
import { readHealth, readReadiness } from '../../health/readHealth.ts';
import { type AnyRoute, defineRoute, reply } from '../../http/route.ts';
import type { ApiDeps } from '../../wire.ts';

const why = 'load balancers and monitors hold no key';
const part = { method: 'GET', access: { public: why }, params: null, query: null, body: null } as const;

/** On the public listener nobody learns which part is away. */
const brief = <T extends { components?: unknown }>(health: T): Omit<T, 'components'> => {
  const { components: _, ...rest } = health;
  return rest;
};

const readiness = async (deps: ApiDeps, shape: (health: Required<Readiness>) => Readiness) => {
  const health = await readReadiness(deps);
  return reply(health.ready ? 200 : 503, shape(health));
};

/** The health routes, with every component in `detail`, without on the public listener. */
export function healthRoutes(options: { detail: boolean }): AnyRoute[] {
  const shape = <T extends { components?: unknown }>(health: T) =>
    (options.detail ? health : brief(health)) as T;
  const ready = (path: string, name: string) =>
    defineRoute({
      ...part,
      path,
      name,
      summary:
        'Whether requests can be answered now: database, Redis and key provider; degraded where work waits',
      replies: { 200: Readiness, 503: Readiness },
      errors: [],
      handler: ({ deps }) => readiness(deps, shape),
    });
  return [
    defineRoute({
      ...part,
      path: '/health/live',
      name: 'healthLive',
      summary: 'Whether the process runs; no dependency is touched',
      replies: { 200: Liveness },
      errors: [],
      handler: async ({ deps }) => reply(200, { status: 'healthy' as const, timestamp: deps.clock.now() }),
    }),
    ready('/health/ready', 'healthReady'),
    ready('/ready', 'ready'),
    defineRoute({
      ...part,
      path: '/health/',
      name: 'health',
      summary: 'The state of the whole: healthy, degraded (still 200) or unhealthy (503)',
      replies: { 200: Health, 503: Health },
      errors: [],
      async handler({ deps }) {
        const health = await readHealth(deps);
        return reply(health.status === 'unhealthy' ? 503 : 200, shape(health));
      },
    }),
    defineRoute({
      ...part,
      path: '/health/database',
      name: 'healthDatabase',
      summary: 'The state of the database and its pool',
      replies: { 200: Health, 503: Health },
      errors: [],
      async handler({ deps }) {
        const database = await checkDatabase(deps);
        return componentReply(deps, { status: database.status, components: { database } }, shape);
      },
    }),
    defineRoute({
      ...part,
      path: '/health/redis',
      name: 'healthRedis',
      summary: 'The state of Redis',
      replies: { 200: Health, 503: Health },
      errors: [],
      async handler({ deps }) {
        const redis = await checkRedis(deps);
        return componentReply(deps, { status: redis.status, components: { redis } }, shape);
      },
    }),
  ];
}

function componentReply(deps: ApiDeps, health: Omit<Health, 'timestamp'>, shape: (health: Health) => Health) {
  return reply(health.status === 'unhealthy' ? 503 : 200, shape({ ...health, timestamp: deps.clock.now() }));
}
