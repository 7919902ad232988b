import type { LedgerVerification } from '@origin-stack/contract/ledger';
import { sha256 } from '../sha256.ts';
import { genesisHash } from './genesisHash.ts';
import type { LedgerHead, LedgerRow } from './ledgerStore.ts';
import { type ProvenEvent, tableFault } from './tableFault.ts';
import type { TableRows } from './tableRows.ts';

interface Link {
  sequence: number;
  hash: string;
}

/** Events in order, and the rows of other tables that they speak of. */
export interface LedgerPage {
  events: LedgerRow[];
  tables: TableRows;
}

/**
 * Verifies a chain as it stands in the database, from its first event: every text against its hash, every hash
 * against its successor, every stored column against the text, the rows that it speaks of against what it proves, and the
 * end against the head, which shows a cut tail. Reads one page at a time: memory does not grow with the chain.
 */
export async function verifyChain(input: {
  tenantId: string;
  /** The head, read before the pages, which end there. */
  head: LedgerHead | undefined;
  pages: AsyncIterable<LedgerPage>;
  /** Told each event that is good. */
  onEvent: (event: ProvenEvent) => void;
}): Promise<LedgerVerification> {
  let last: Link = { sequence: 0, hash: genesisHash(input.tenantId) };
  for await (const { events, tables } of input.pages) {
    for (const row of events) {
      const text = parsed(row.canonical_event_json);
      const reason = chainFault(input.tenantId, last, { row, text });
      if (reason !== undefined) return bad(last, reason);
      const event = provenBy(row, text);
      const contradiction = tableFault(event, tables);
      if (contradiction !== undefined) return bad(last, contradiction);
      input.onEvent(event);
      last = { sequence: row.sequence, hash: row.event_hash };
    }
  }
  const { head } = input;
  if (!head) return bad(last, 'the ledger has no head');
  if (head.sequence < last.sequence) {
    return { ...bad(last, 'the head stands before it'), first_bad_sequence: head.sequence + 1 };
  }
  if (head.sequence > last.sequence) {
    return bad(last, `${head.sequence - last.sequence} events are missing at the end`);
  }
  if (head.headHash !== last.hash) return bad(last, 'the head has another hash than the last event');
  return { valid: true, events: last.sequence, first_bad_sequence: null, reason: null };
}

function bad(last: Link, reason: string): LedgerVerification {
  return { valid: false, events: last.sequence, first_bad_sequence: last.sequence + 1, reason };
}

/** What is wrong with an event behind `last`, or undefined. */
function chainFault(
  tenantId: string,
  last: Link,
  { row, text }: { row: LedgerRow; text: EventText | undefined },
): string | undefined {
  if (row.sequence !== last.sequence + 1)
    return `the event is missing: ${row.sequence} follows ${last.sequence}`;
  if (sha256(row.canonical_event_json) !== row.event_hash) return 'the text does not have the stored hash';
  if (!text) return 'the text is not a JSON object';
  if (text.tenant_id !== tenantId) return 'the text names another tenant';
  if (text.sequence !== row.sequence) return 'the text names another sequence';
  if (text.prev_hash !== last.hash) return 'the text does not name the hash of the event before';
  if (row.prev_hash !== last.hash) return 'the stored previous hash is not the hash of the event before';
  if (text.event_id !== row.event_id || text.event_type !== row.event_type)
    return 'the text names another event';
  if (text.event_timestamp !== row.event_timestamp) return 'the text names another time';
  if ((Object(text.body).upload_id ?? null) !== row.upload_id) return 'the text names another upload';
  return undefined;
}

/** What a text that is an event's may hold. */
type EventText = Record<string, unknown>;

/** What a text proves that has its hash and its place. */
function provenBy(row: LedgerRow, text: EventText | undefined): ProvenEvent {
  return {
    tenant_id: String(text?.tenant_id),
    sequence: row.sequence,
    event_type: row.event_type,
    event_timestamp: row.event_timestamp,
    correlation_id: String(text?.correlation_id),
    body: Object(text?.body),
  };
}

function parsed(text: string): EventText | undefined {
  try {
    return Object(JSON.parse(text));
  } catch {
    return undefined;
  }
}
