import { z } from 'zod';
import { Id } from './primitives.ts';

/** Payloads of the worker's tasks, as they stand in the outbox: ids only. */
export const JOBS = {
  'evidence.build': z.strictObject({ pack_id: Id }),
  'webhook.deliver': z.strictObject({ delivery_id: Id }),
} as const;

export type JobName = keyof typeof JOBS;
export type JobPayload<N extends JobName> = z.infer<(typeof JOBS)[N]>;
