import { describe, expect, it } from 'vitest';
import { ledgerEvent, sha256, tenantId } from '../test/buildPack.ts';
import type { StoredLedgerEvent } from './ledgerEvent.ts';
import { verifyLedgerEvents } from './verifyLedgerEvents.ts';

function makeChain(
  length: number,
  change: Record<number, Record<string, unknown>> = {},
): StoredLedgerEvent[] {
  const events: StoredLedgerEvent[] = [];
  let prev_hash = sha256(`origin-ledger:v1:${tenantId}`);
  for (let sequence = 1; sequence <= length; sequence += 1) {
    const event = ledgerEvent({ sequence, prev_hash, body: { n: sequence }, ...change[sequence] });
    prev_hash = event.event_hash;
    events.push(event);
  }
  return events;
}

const bad = (events: number, first_bad_sequence: number | null, reason: string) => ({
  valid: false,
  events,
  first_bad_sequence,
  reason,
});
const good = (events: number) => ({ valid: true, events, first_bad_sequence: null, reason: null });

describe('verifyLedgerEvents', () => {
  it('accepts a whole chain, an empty one, and one that arrives as a stream', async () => {
    const events = makeChain(50);
    async function* stream() {
      yield* events;
    }
    expect(await verifyLedgerEvents({ tenantId, events })).toEqual(good(50));
    expect(await verifyLedgerEvents({ tenantId, events: [] })).toEqual(good(0));
    expect(await verifyLedgerEvents({ tenantId, events: stream() })).toEqual(good(50));
  });

  it('holds no more than one event beyond the one it verifies', async () => {
    const events = makeChain(20);
    let read = 0;
    async function* stream() {
      for (const event of events.with(9, { ...events[9]!, event_hash: '0'.repeat(64) })) {
        read += 1;
        yield event;
      }
    }
    expect(await verifyLedgerEvents({ tenantId, events: stream() })).toEqual(
      bad(9, 10, 'event_hash_mismatch'),
    );
    expect(read).toBe(11);
  });

  it('finds one changed byte at every place of a text', async () => {
    const events = makeChain(3);
    const text = events[1]!.canonical_event_json;
    for (let at = 0; at < text.length; at += 1) {
      const changed = text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1);
      const chain = events.with(1, { ...events[1]!, canonical_event_json: changed });
      expect(await verifyLedgerEvents({ tenantId, events: chain })).toEqual(bad(1, 2, 'event_hash_mismatch'));
    }
  });

  it('finds a text that was changed and hashed again, by the link of the next', async () => {
    const events = makeChain(4);
    events[1] = makeChain(4, { 2: { body: { n: 'forged' } } })[1]!;
    expect(await verifyLedgerEvents({ tenantId, events })).toEqual(bad(2, 3, 'prev_hash_mismatch'));
  });

  it('finds a missing row: the first, one in the middle', async () => {
    const events = makeChain(5);
    expect(await verifyLedgerEvents({ tenantId, events: events.slice(1) })).toEqual(
      bad(0, 1, 'sequence_missing'),
    );
    expect(await verifyLedgerEvents({ tenantId, events: events.toSpliced(2, 1) })).toEqual(
      bad(2, 3, 'sequence_missing'),
    );
  });

  it('names a swapped pair, at the beginning, in the middle and at the end', async () => {
    for (const at of [0, 2, 3]) {
      const events = makeChain(5);
      [events[at], events[at + 1]] = [events[at + 1]!, events[at]!];
      expect(await verifyLedgerEvents({ tenantId, events })).toEqual(bad(at, at + 1, 'sequence_swapped'));
    }
  });

  it('finds a repeated row and the rows of another tenant', async () => {
    const events = makeChain(3);
    expect(await verifyLedgerEvents({ tenantId, events: [events[0]!, events[0]!] })).toEqual(
      bad(1, 2, 'sequence_repeated'),
    );
    const foreign = '0190f5a0-0000-7000-8000-00000000000b';
    expect(await verifyLedgerEvents({ tenantId: foreign, events })).toEqual(bad(0, 1, 'wrong_tenant'));
  });

  it('refuses a first event that does not begin at the hash of the tenant', async () => {
    const [event] = makeChain(1, { 1: { prev_hash: sha256('elsewhere') } });
    expect(await verifyLedgerEvents({ tenantId, events: [event!] })).toEqual(bad(0, 1, 'prev_hash_mismatch'));
    expect(await verifyLedgerEvents({ tenantId, events: [event!], from: 'anywhere' })).toEqual(
      bad(0, 1, 'prev_hash_mismatch'),
    );
  });

  it('refuses well-hashed texts that are not canonical or not events', async () => {
    const [event] = makeChain(1);
    const content = JSON.parse(event!.canonical_event_json);
    for (const text of [
      `${event!.canonical_event_json} `,
      JSON.stringify(content).replace('"v":1', '"v":1,"v":1'),
      ledgerEvent({ ...content, more: 1 }).canonical_event_json,
      ledgerEvent({ ...content, v: 2 }).canonical_event_json,
      ledgerEvent({ ...content, sequence: 0 }).canonical_event_json,
      ledgerEvent({ ...content, actor: { type: 'root', id: 'x' } }).canonical_event_json,
      'null',
    ]) {
      const stored = { canonical_event_json: text, event_hash: sha256(text) };
      expect(await verifyLedgerEvents({ tenantId, events: [stored] })).toEqual(bad(0, 1, 'not_an_event'));
    }
  });

  it('verifies a detached event and a piece of a chain from anywhere', async () => {
    const events = makeChain(9);
    expect(await verifyLedgerEvents({ tenantId, events: [events[5]!], from: 'anywhere' })).toEqual(good(1));
    expect(await verifyLedgerEvents({ tenantId, events: events.slice(3, 7), from: 'anywhere' })).toEqual(
      good(4),
    );
    expect(
      await verifyLedgerEvents({ tenantId, events: events.slice(3).toSpliced(2, 1), from: 'anywhere' }),
    ).toEqual(bad(2, 6, 'sequence_missing'));
    const changed = { ...events[5]!, event_hash: events[4]!.event_hash };
    expect(await verifyLedgerEvents({ tenantId, events: [changed], from: 'anywhere' })).toEqual(
      bad(0, 6, 'event_hash_mismatch'),
    );
  });

  it('continues from a known link and refuses another', async () => {
    const events = makeChain(6);
    const tail = events.slice(3);
    const from = { sequence: 4, prevHash: events[2]!.event_hash };
    expect(await verifyLedgerEvents({ tenantId, events: tail, from })).toEqual(good(3));
    expect(
      await verifyLedgerEvents({ tenantId, events: tail, from: { ...from, prevHash: sha256('x') } }),
    ).toEqual(bad(0, 4, 'prev_hash_mismatch'));
  });
});
