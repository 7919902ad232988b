import { z } from 'zod';
import { Timestamp } from './primitives.ts';

const Status = z.enum(['healthy', 'degraded', 'unhealthy']);
const Component = z.strictObject({
  status: Status,
  response_time_ms: z.number(),
  error: z.string().optional(),
});

export const DatabaseHealth = Component.extend({
  connection_pool: z.strictObject({ size: z.int(), checked_out: z.int(), overflow: z.int() }),
});

export const RedisHealth = Component.extend({
  memory_used_mb: z.number().nullable(),
  memory_peak_mb: z.number().nullable(),
  connected_clients: z.int().nullable(),
  total_commands_processed: z.int().nullable(),
});

/** Work that is due and not done: null where the database does not say. */
export const OutboxHealth = Component.extend({
  waiting: z.int().nullable(),
  oldest_seconds: z.number().nullable(),
});

export const ApplicationHealth = z.strictObject({
  status: Status,
  uptime_seconds: z.number(),
  version: z.string(),
  environment: z.string(),
});

const Components = z.strictObject({
  database: DatabaseHealth.optional(),
  redis: RedisHealth.optional(),
  key_provider: Component.optional(),
  outbox: OutboxHealth.optional(),
  application: ApplicationHealth.optional(),
});

/** `components` is left out on the public listener. */
export const Health = z.strictObject({
  status: Status,
  timestamp: Timestamp,
  components: Components.optional(),
});
export const Readiness = Health.extend({ ready: z.boolean() });
export const Liveness = z.strictObject({ status: z.literal('healthy'), timestamp: Timestamp });

export type HealthStatus = z.infer<typeof Status>;
export type ComponentHealth = z.infer<typeof Component>;
export type DatabaseHealth = z.infer<typeof DatabaseHealth>;
export type OutboxHealth = z.infer<typeof OutboxHealth>;
export type RedisHealth = z.infer<typeof RedisHealth>;
export type Health = z.infer<typeof Health>;
export type Readiness = z.infer<typeof Readiness>;
