import {
  genesisHash,
  type LedgerEventContent,
  parseLedgerEvent,
  type StoredLedgerEvent,
} from './ledgerEvent.ts';
import { sha256Hex } from './sha256Hex.ts';

/** Where the events begin: with the chain, anywhere (one detached event, or a piece), or at a known link. */
export type LedgerStart = 'genesis' | 'anywhere' | { sequence: number; prevHash: string };

/** A tenant's events in the order of their sequence. An async source is read as a stream. */
export type VerifyLedgerInput = {
  tenantId: string;
  events: Iterable<StoredLedgerEvent> | AsyncIterable<StoredLedgerEvent>;
  /** `genesis` unless told. */
  from?: LedgerStart;
};

/** Why the first bad event is bad. Stable. */
export type LedgerFault =
  | 'event_hash_mismatch'
  | 'not_an_event'
  | 'wrong_tenant'
  | 'sequence_missing'
  | 'sequence_swapped'
  | 'sequence_repeated'
  | 'prev_hash_mismatch';

/** `events` counts the good events before the first bad one. */
export type LedgerVerdict = {
  valid: boolean;
  events: number;
  first_bad_sequence: number | null;
  reason: LedgerFault | null;
};

type Link = { sequence: number; prevHash: string };

/**
 * Verifies a chain of ledger events: each hash is that of the text, each text is an event of the tenant, the
 * sequence has no gap and each `prev_hash` is the hash before. Stops at the first bad event and names the
 * sequence that should have stood there. Memory does not grow with the events.
 *
 * A cut tail and a chain rewritten as a whole cannot show here: compare the last hash with one noted before.
 */
export async function verifyLedgerEvents(input: VerifyLedgerInput): Promise<LedgerVerdict> {
  let link = await firstLink(input);
  let events = 0;
  for await (const [stored, following] of withFollowing(input.events)) {
    const content = parseLedgerEvent(stored.canonical_event_json);
    const reason = await faultOf({ stored, content, following, link, tenantId: input.tenantId });
    if (reason !== null || content === null) {
      const first_bad_sequence = link?.sequence ?? content?.sequence ?? null;
      return { valid: false, events, first_bad_sequence, reason: reason ?? 'not_an_event' };
    }
    link = { sequence: content.sequence + 1, prevHash: stored.event_hash };
    events += 1;
  }
  return { valid: true, events, first_bad_sequence: null, reason: null };
}

async function firstLink({ tenantId, from = 'genesis' }: VerifyLedgerInput): Promise<Link | null> {
  if (from === 'anywhere') return null;
  return from === 'genesis' ? { sequence: 1, prevHash: await genesisHash(tenantId) } : from;
}

type Step = {
  stored: StoredLedgerEvent;
  content: LedgerEventContent | null;
  following: StoredLedgerEvent | undefined;
  link: Link | null;
  tenantId: string;
};

async function faultOf({ stored, content, following, link, tenantId }: Step): Promise<LedgerFault | null> {
  if (!(await isHashOf(stored))) return 'event_hash_mismatch';
  if (content === null) return 'not_an_event';
  if (content.tenant_id !== tenantId) return 'wrong_tenant';
  const expected = link ?? (content.sequence === 1 ? await firstLink({ tenantId, events: [] }) : null);
  if (expected === null) return null;
  if (content.sequence < expected.sequence) return 'sequence_repeated';
  if (content.sequence > expected.sequence) {
    const next = following === undefined ? null : parseLedgerEvent(following.canonical_event_json);
    return next?.sequence === expected.sequence ? 'sequence_swapped' : 'sequence_missing';
  }
  return content.prev_hash === expected.prevHash ? null : 'prev_hash_mismatch';
}

async function isHashOf({ canonical_event_json: text, event_hash }: StoredLedgerEvent): Promise<boolean> {
  return text.isWellFormed() && (await sha256Hex(text)) === event_hash;
}

/** Each item with the one after it, reading one ahead. */
async function* withFollowing<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
): AsyncGenerator<[Item, Item | undefined]> {
  let held: { item: Item } | undefined;
  for await (const item of items) {
    if (held) yield [held.item, item];
    held = { item };
  }
  if (held) yield [held.item, undefined];
}
