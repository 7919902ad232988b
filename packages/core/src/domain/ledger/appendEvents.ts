import type { ActorType, LedgerEventType } from '@origin-stack/contract/ledger';
import { canonicalJson } from '@origin-stack/sdk/canonicalJson';
import type { JsonValue } from '@origin-stack/sdk/jsonValue';
import type { Tx } from '../ports.ts';
import { sha256 } from '../sha256.ts';
import { insertEvents, type LedgerHead, type LedgerRow, lockHead } from './ledgerStore.ts';

/** An event that has no place in the chain yet. Its body holds no personal data and no integer beyond 2^53. */
export interface EventDraft {
  eventId: string;
  type: LedgerEventType;
  /** Fixed when the event came to be, not when it was written. */
  timestamp: string;
  actor: { type: ActorType; id: string };
  correlationId: string;
  uploadId: string | null;
  body: Record<string, JsonValue>;
}

/**
 * Appends events to a tenant's chain, in order and without a gap: the sequence is taken from the locked head,
 * so that a rolled-back transaction leaves none. The text that is hashed is the text that is stored.
 */
export async function appendEvents(tx: Tx, tenantId: string, drafts: EventDraft[]): Promise<LedgerRow[]> {
  return appendBehind(tx, { tenantId, head: await lockHead(tx, tenantId), drafts });
}

/** The same, for a caller that holds the head's lock already. */
export async function appendBehind(
  tx: Tx,
  input: { tenantId: string; head: LedgerHead; drafts: EventDraft[] },
): Promise<LedgerRow[]> {
  const rows = chain(input);
  await insertEvents(tx, input.tenantId, rows);
  return rows;
}

/** The rows that follow a head. */
export function chain(input: { tenantId: string; head: LedgerHead; drafts: EventDraft[] }): LedgerRow[] {
  let { sequence, headHash } = input.head;
  return input.drafts.map((draft) => {
    sequence += 1;
    const text = canonicalJson({
      v: 1,
      tenant_id: input.tenantId,
      sequence,
      event_id: draft.eventId,
      event_type: draft.type,
      event_timestamp: draft.timestamp,
      actor: draft.actor,
      correlation_id: draft.correlationId,
      body: draft.body,
      prev_hash: headHash,
    });
    const row = {
      sequence,
      event_id: draft.eventId,
      event_type: draft.type,
      event_timestamp: draft.timestamp,
      upload_id: draft.uploadId,
      canonical_event_json: text,
      prev_hash: headHash,
      event_hash: sha256(text),
    };
    headHash = row.event_hash;
    return row;
  });
}
