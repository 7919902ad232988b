import { z } from 'zod';
import { Id, PageQuery, Sha256Hex, Timestamp } from './primitives.ts';

export const ACTOR_TYPES = ['api_key', 'user', 'operator', 'system'] as const;

/** The ledger's events that this release writes. */
export const LEDGER_EVENT_TYPES = [
  'decision.created',
  'evidence.ready',
  'policy.created',
  'model.loaded',
  'account.corrected',
] as const;

export const LedgerEvent = z.strictObject({
  sequence: z.int().min(1),
  event_id: Id,
  event_type: z.enum(LEDGER_EVENT_TYPES),
  event_timestamp: Timestamp,
  canonical_event_json: z.string().describe('The exact text that was hashed (RFC 8785)'),
  event_hash: Sha256Hex,
  prev_hash: Sha256Hex,
});

/** Events in the order of their sequence, from the beginning or after a cursor. */
export const LedgerQuery = PageQuery;

export const LedgerVerification = z.strictObject({
  valid: z.boolean(),
  events: z.int().min(0),
  first_bad_sequence: z.int().min(1).nullable(),
  reason: z.string().nullable(),
});

/** What a run over the ledgers of all tenants found; `events` counts those that were good. */
export const LedgersVerification = z.strictObject({
  tenants: z.int().min(0),
  events: z.int().min(0),
  failures: z.array(
    z.strictObject({ tenant_id: Id, first_bad_sequence: z.int().min(1), reason: z.string() }),
  ),
});

export type LedgerEvent = z.infer<typeof LedgerEvent>;
export type LedgerEventType = (typeof LEDGER_EVENT_TYPES)[number];
export type LedgerVerification = z.infer<typeof LedgerVerification>;
export type LedgersVerification = z.infer<typeof LedgersVerification>;
export type ActorType = (typeof ACTOR_TYPES)[number];
