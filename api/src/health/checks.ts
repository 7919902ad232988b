import type {
  ComponentHealth,
  DatabaseHealth,
  HealthStatus,
  OutboxHealth,
  RedisHealth,
} from '@origin-stack/contract/health';
import { readBacklog, WAITS_SECONDS } from '@origin-stack/core/domain/outbox/outboxStore';
import { poolState, requireWritable } from '@origin-stack/core/infra/database';
import { withDeadline } from '@origin-stack/core/infra/withDeadline';
import type { ApiDeps } from '../wire.ts';

const HEALTHY_MS = 100;
const DEGRADED_MS = 500;
/** All checks run at once and each ends by itself, so that the whole never takes a second. */
const CHECK_DEADLINE_MS = 900;

/** Runs a check: how long it took, and what that means. A reason is told in few words, without addresses. */
async function timed<T>(check: () => Promise<T>): Promise<{ health: ComponentHealth; value: T | undefined }> {
  const startedMs = performance.now();
  const elapsed = () => Math.round((performance.now() - startedMs) * 100) / 100;
  try {
    const value = await withDeadline(check(), 'the check', CHECK_DEADLINE_MS);
    return { health: { status: statusOf(elapsed()), response_time_ms: elapsed() }, value };
  } catch (error) {
    const reason = error instanceof Error ? error.name : 'failed';
    return { health: { status: 'unhealthy', response_time_ms: elapsed(), error: reason }, value: undefined };
  }
}

function statusOf(elapsedMs: number): HealthStatus {
  if (elapsedMs < HEALTHY_MS) return 'healthy';
  return elapsedMs <= DEGRADED_MS ? 'degraded' : 'unhealthy';
}

/** Well is a database that takes writes: a standby answers too. */
export async function checkDatabase(deps: ApiDeps): Promise<DatabaseHealth> {
  const { health } = await timed(() => requireWritable(deps.db));
  const { size, checkedOut, overflow } = poolState(deps.db, deps.settings.DATABASE_POOL_MIN);
  return { ...health, connection_pool: { size, checked_out: checkedOut, overflow } };
}

export async function checkRedis(deps: ApiDeps): Promise<RedisHealth> {
  const { health, value = '' } = await timed(() => deps.redis.info());
  const number = (name: string) => {
    const found = new RegExp(`^${name}:([0-9]+)`, 'm').exec(value)?.[1];
    return found === undefined ? null : Number(found);
  };
  const megabytes = (name: string) => {
    const bytes = number(name);
    return bytes === null ? null : Math.round((bytes / 1_048_576) * 100) / 100;
  };
  const refusal = deps.redis.refusal();
  return {
    ...health,
    ...(refusal === undefined ? {} : { status: 'unhealthy', error: refusal }),
    memory_used_mb: megabytes('used_memory'),
    memory_peak_mb: megabytes('used_memory_peak'),
    connected_clients: number('connected_clients'),
    total_commands_processed: number('total_commands_processed'),
  };
}

/** Never unhealthy: where work waits, or nobody can say, requests are answered all the same. */
export async function checkOutbox(deps: ApiDeps): Promise<OutboxHealth> {
  const { health, value } = await timed(() => readBacklog(deps.db));
  const { waiting = null, oldest_seconds = null } = value ?? {};
  const waits = oldest_seconds === null || oldest_seconds > WAITS_SECONDS;
  return { ...health, status: waits ? 'degraded' : 'healthy', waiting, oldest_seconds };
}

export async function checkKeyProvider(deps: ApiDeps): Promise<ComponentHealth> {
  return (await timed(() => deps.keys.check())).health;
}
