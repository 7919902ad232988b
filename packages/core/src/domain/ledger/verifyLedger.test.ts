import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ledgerDrafts } from '../../testing/ledgerDrafts.ts';
import { openTestBed, type TestBed } from '../../testing/openTestBed.ts';
import type { Tx } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { appendEvents } from './appendEvents.ts';
import type { LedgerRow } from './ledgerStore.ts';
import { verifyLedger } from './verifyLedger.ts';

/** Version 1 of the policy and two models are in a new tenant's ledger already. */
const AT_BIRTH = 3;
const ADDED = 6;
const EVENTS = AT_BIRTH + ADDED;

let bed: TestBed;
let tenantId: string;
let otherId: string;
beforeAll(async () => {
  bed = await openTestBed();
  [tenantId, otherId] = await Promise.all([grown(), grown()]);
});
afterAll(() => bed.close());

async function grown(): Promise<string> {
  const { tenantId } = await bed.newTenant();
  await inTenant(bed.api, tenantId, (tx) => appendEvents(tx, tenantId, ledgerDrafts(ADDED)));
  return tenantId;
}

const hash = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');

/** What `verifyLedger` says of the ledger after `tamper`, which is rolled back. The owner does it: no service may. */
async function verdictAfter(tamper: (tx: Tx) => Promise<unknown>) {
  const rolledBack = new Error('rolled back');
  let verdict: Awaited<ReturnType<typeof verifyLedger>> | undefined;
  await bed.owner
    .transaction(async (tx) => {
      await tamper(tx);
      verdict = await verifyLedger({ db: tx }, tenantId);
      throw rolledBack;
    })
    .catch((error) => {
      if (error !== rolledBack) throw error;
    });
  return verdict!;
}

const event = (tx: Tx, sequence: number) => tx('ledger_events').where({ tenant_id: tenantId, sequence });
const bad = (sequence: number, reason: RegExp) => ({
  valid: false,
  events: sequence - 1,
  first_bad_sequence: sequence,
  reason: expect.stringMatching(reason),
});

describe('verifyLedger', () => {
  it('finds nothing wrong with a ledger that nobody touched', async () => {
    const good = { valid: true, events: EVENTS, first_bad_sequence: null, reason: null };
    expect(await verifyLedger({ db: bed.api }, tenantId)).toEqual(good);
    expect(await verifyLedger({ db: bed.worker }, tenantId)).toEqual(good);
    expect(await verdictAfter(async () => {})).toEqual(good);
  });

  it('finds one changed byte, at any position of any text', async () => {
    const rows: LedgerRow[] = await bed
      .owner('ledger_events')
      .where({ tenant_id: tenantId })
      .orderBy('sequence');
    await fc.assert(
      fc.asyncProperty(
        fc.nat(EVENTS - 1),
        fc.nat(),
        fc.integer({ min: 32, max: 126 }),
        async (index, at, code) => {
          const { sequence, canonical_event_json: text } = rows[index]!;
          const place = at % text.length;
          const changed = text.slice(0, place) + String.fromCharCode(code) + text.slice(place + 1);
          fc.pre(changed !== text);
          const verdict = await verdictAfter((tx) =>
            event(tx, sequence).update({ canonical_event_json: changed }),
          );
          expect(verdict).toEqual(bad(sequence, /does not have the stored hash/));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('finds a changed text whose hash was made anew: at the next event, or at the head', async () => {
    const rehash = (sequence: number) => async (tx: Tx) => {
      const row: LedgerRow = await event(tx, sequence).first();
      const text = row.canonical_event_json.replace(/"correlation_id":"[^"]*"/, '"correlation_id":"forged"');
      await event(tx, sequence).update({ canonical_event_json: text, event_hash: hash(text) });
    };
    expect(await verdictAfter(rehash(4))).toEqual(bad(5, /hash of the event before/));
    expect(await verdictAfter(rehash(EVENTS))).toEqual(bad(EVENTS + 1, /head has another hash/));
  });

  it.each([1, 4, EVENTS])('finds that event %i is missing', async (sequence) => {
    const verdict = await verdictAfter((tx) => event(tx, sequence).delete());
    expect(verdict).toEqual(
      bad(sequence, sequence === EVENTS ? /1 events are missing at the end/ : /is missing/),
    );
  });

  it('finds a cut tail and an emptied ledger', async () => {
    const cut = (from: number) => (tx: Tx) =>
      tx('ledger_events').where({ tenant_id: tenantId }).where('sequence', '>=', from).delete();
    expect(await verdictAfter(cut(6))).toEqual(bad(6, /4 events are missing at the end/));
    expect(await verdictAfter(cut(1))).toEqual(bad(1, /9 events are missing at the end/));
  });

  it('finds a swapped pair', async () => {
    const verdict = await verdictAfter(async (tx) => {
      await event(tx, 5).update({ sequence: 500 });
      await event(tx, 6).update({ sequence: 5 });
      await event(tx, 500).update({ sequence: 6 });
    });
    expect(verdict).toEqual(bad(5, /names another sequence/));
  });

  it.each<[keyof LedgerRow, string, RegExp]>([
    ['event_id', '0190a000-0000-7000-8000-000000000000', /another event/],
    ['event_type', 'decision.created', /another event/],
    ['event_timestamp', '2026-01-01T00:00:00.000001Z', /another time/],
    ['upload_id', '0190a000-0000-7000-8000-000000000000', /another upload/],
    ['prev_hash', '0'.repeat(64), /previous hash/],
    ['event_hash', '0'.repeat(64), /stored hash/],
  ])('finds that the column %s was changed beside its text', async (column, value, reason) => {
    expect(await verdictAfter((tx) => event(tx, 5).update({ [column]: value }))).toEqual(bad(5, reason));
  });

  it('finds a timestamp that was moved by one microsecond', async () => {
    const move = (tx: Tx) =>
      event(tx, 5).update({ event_timestamp: tx.raw("event_timestamp + interval '1 microsecond'") });
    expect(await verdictAfter(move)).toEqual(bad(5, /another time/));
  });

  it('finds another tenant’s event in the place of its own', async () => {
    const verdict = await verdictAfter(async (tx) => {
      await event(tx, 5).delete();
      await tx('ledger_events').where({ tenant_id: otherId, sequence: 5 }).update({ tenant_id: tenantId });
    });
    expect(verdict).toEqual(bad(5, /another tenant/));
  });

  it('finds a chain that was taken over whole from another tenant', async () => {
    const verdict = await verdictAfter(async (tx) => {
      await tx('ledger_events').where({ tenant_id: tenantId }).delete();
      await tx('ledger_events').where({ tenant_id: otherId }).update({ tenant_id: tenantId });
      await tx('ledger_heads').where({ tenant_id: tenantId }).delete();
      await tx('ledger_heads').where({ tenant_id: otherId }).update({ tenant_id: tenantId });
    });
    expect(verdict).toEqual(bad(1, /another tenant/));
  });

  it('finds a head that was moved back, moved on, changed or taken away', async () => {
    const head = (tx: Tx) => tx('ledger_heads').where({ tenant_id: tenantId });
    const before: LedgerRow = await bed
      .owner('ledger_events')
      .where({ tenant_id: tenantId, sequence: 5 })
      .first();
    const back = (tx: Tx) => head(tx).update({ sequence: 5, head_hash: before.event_hash });
    expect(await verdictAfter(back)).toMatchObject({ valid: false, first_bad_sequence: 6 });
    expect(await verdictAfter((tx) => head(tx).update({ sequence: EVENTS + 2 }))).toEqual(
      bad(EVENTS + 1, /2 events are missing/),
    );
    expect(await verdictAfter((tx) => head(tx).update({ head_hash: '0'.repeat(64) }))).toEqual(
      bad(EVENTS + 1, /head has another hash/),
    );
    expect(await verdictAfter((tx) => head(tx).delete())).toEqual(bad(1, /no head/));
  });

  it('finds a text that is hashed right and is not an event', async () => {
    for (const text of ['not json', 'null', '[]', '"text"', '{}']) {
      const verdict = await verdictAfter((tx) =>
        event(tx, 5).update({ canonical_event_json: text, event_hash: hash(text) }),
      );
      expect(verdict).toMatchObject({ valid: false, first_bad_sequence: 5 });
    }
  });

  it('verifies while others append, up to where the ledger ended when it began', async () => {
    let isDone = false;
    const appending = (async () => {
      while (!isDone) {
        await inTenant(bed.api, otherId, (tx) => appendEvents(tx, otherId, ledgerDrafts(3)));
      }
    })();
    for (let round = 0; round < 20; round += 1) {
      expect(await verifyLedger({ db: bed.worker }, otherId)).toMatchObject({ valid: true, reason: null });
    }
    isDone = true;
    await appending;
  });
});

describe('a long ledger', () => {
  const LONG = 20_000;

  it('is verified page by page: memory stays flat, progress is told, and a change near its end is found', async () => {
    const { tenantId: longId } = await bed.newTenant();
    const body = 'x'.repeat(1_000);
    // The same rules in plpgsql: a chain that another program wrote.
    await bed.owner.raw(
      `do $$
       declare
         h record; t text; hash text; n bigint; id uuid; tenant uuid := '${longId}';
       begin
         select * into h from ledger_heads where tenant_id = tenant;
         n := h.sequence; hash := h.head_hash;
         for i in 1..${LONG - AT_BIRTH} loop
           n := n + 1; id := gen_random_uuid();
           t := '{"actor":{"id":"w","type":"system"},"body":{"x":"${body}"},"correlation_id":"c","event_id":"' || id
             || '","event_timestamp":"2026-01-01T00:00:00.000001Z","event_type":"evidence.ready","prev_hash":"' || hash
             || '","sequence":' || n || ',"tenant_id":"' || tenant || '","v":1}';
           insert into ledger_events values (tenant, n, id, 'evidence.ready', '2026-01-01T00:00:00.000001Z', null, t, hash,
             encode(sha256(convert_to(t, 'UTF8')), 'hex'));
           hash := encode(sha256(convert_to(t, 'UTF8')), 'hex');
         end loop;
         update ledger_heads set sequence = n, head_hash = hash where tenant_id = tenant;
       end $$`,
    );
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const told: number[] = [];
    let peakBytes = 0;
    const watch = (events: number) => {
      told.push(events);
      collect();
      peakBytes = Math.max(peakBytes, process.memoryUsage().heapUsed);
    };
    collect();
    const startBytes = process.memoryUsage().heapUsed;
    expect(await verifyLedger({ db: bed.api }, longId, watch)).toMatchObject({ valid: true, events: LONG });
    expect(told.at(-1)).toBe(LONG);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.length).toBeGreaterThan(5);
    // Held whole, the texts alone are 26 MB.
    expect(peakBytes - startBytes).toBeLessThan(13 * 2 ** 20);
    await bed
      .owner('ledger_events')
      .where({ tenant_id: longId, sequence: LONG - 7 })
      .update({ event_hash: 'x' });
    expect(await verifyLedger({ db: bed.api }, longId)).toMatchObject({ first_bad_sequence: LONG - 7 });
  }, 120_000);
});
