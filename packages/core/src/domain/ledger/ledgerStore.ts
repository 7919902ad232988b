import type { LedgerEventType } from '@origin-stack/contract/ledger';
import { columnOf } from '../columnOf.ts';
import type { Tx } from '../ports.ts';
import { inOrder, prepared } from '../prepared.ts';

export interface LedgerHead {
  sequence: number;
  headHash: string;
}

export interface LedgerRow {
  sequence: number;
  event_id: string;
  event_type: LedgerEventType;
  event_timestamp: string;
  upload_id: string | null;
  canonical_event_json: string;
  prev_hash: string;
  event_hash: string;
}

const COLUMNS: (keyof LedgerRow)[] = [
  'sequence',
  'event_id',
  'event_type',
  'event_timestamp',
  'upload_id',
  'canonical_event_json',
  'prev_hash',
  'event_hash',
];

/** Opens the ledger of a new tenant. */
export async function insertHead(tx: Tx, tenantId: string, genesis: string): Promise<void> {
  await tx('ledger_heads').insert({ tenant_id: tenantId, sequence: 0, head_hash: genesis });
}

const LOCK_HEAD = {
  name: 'lock_head',
  sql: 'select sequence, head_hash as "headHash" from ledger_heads where tenant_id = $1 for update',
};

/** The tenant's head, locked until the transaction ends: who holds it writes the next sequence. */
export async function lockHead(tx: Tx, tenantId: string): Promise<LedgerHead> {
  const [head] = await prepared<LedgerHead>(tx, LOCK_HEAD, [tenantId]);
  if (!head) throw new Error('the tenant has no ledger');
  return head;
}

/** Events and the head behind the last of them, as the common table expressions `events` and `head` of a statement. */
export const WRITE_EVENTS = `events as (
    insert into ledger_events (tenant_id, sequence, event_id, event_type, event_timestamp, upload_id,
      canonical_event_json, prev_hash, event_hash)
    select ?::uuid, * from unnest(?::bigint[], ?::uuid[], ?::text[], ?::timestamptz[], ?::uuid[], ?::text[], ?::text[], ?::text[])
  ), head as (
    update ledger_heads set sequence = ?, head_hash = ? where tenant_id = ?
  )`;

/** The bindings of {@link WRITE_EVENTS}, for at least one event. */
export function eventBindings(tenantId: string, events: LedgerRow[]): unknown[] {
  const last = events.at(-1);
  if (!last) throw new RangeError('no event to write');
  const columns = COLUMNS.map((name) => columnOf(events, name));
  return [tenantId, ...columns, last.sequence, last.event_hash, tenantId];
}

const INSERT_EVENTS = inOrder('insert_events', `with ${WRITE_EVENTS} select 1`);

/** Writes events in one statement and moves the head behind the last. */
export async function insertEvents(tx: Tx, tenantId: string, events: LedgerRow[]): Promise<void> {
  if (events.length === 0) return;
  await prepared(tx, INSERT_EVENTS, eventBindings(tenantId, events));
}

/** Events after a sequence, in order. */
export async function readEventsAfter(
  tx: Tx,
  query: { tenantId: string; after: number; limit: number },
): Promise<LedgerRow[]> {
  return tx('ledger_events')
    .where({ tenant_id: query.tenantId })
    .where('sequence', '>', query.after)
    .orderBy('sequence')
    .limit(query.limit)
    .select(COLUMNS);
}

/** The events of one upload, in order. */
export async function readEventsOfUpload(
  tx: Tx,
  key: { tenantId: string; uploadId: string },
): Promise<LedgerRow[]> {
  return tx('ledger_events')
    .where({ tenant_id: key.tenantId, upload_id: key.uploadId })
    .orderBy('sequence')
    .select(COLUMNS);
}

/** Where a ledger ends: as its head says and as its events do. */
export interface LedgerEnd {
  head: LedgerHead | undefined;
  lastSequence: number;
}

/** Both in one statement: what is appended meanwhile moves neither or both. */
export async function readEnd(tx: Tx, tenantId: string): Promise<LedgerEnd> {
  const { rows } = await tx.raw(
    `select h.sequence, h.head_hash as "headHash",
       (select coalesce(max(e.sequence), 0) from ledger_events e where e.tenant_id = :tenantId) as "lastSequence"
     from (values (1)) one left join ledger_heads h on h.tenant_id = :tenantId`,
    { tenantId },
  );
  const { lastSequence, ...head } = rows[0];
  return { head: head.sequence === null ? undefined : head, lastSequence };
}
