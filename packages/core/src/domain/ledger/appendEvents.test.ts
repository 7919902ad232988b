import { createHash } from 'node:crypto';
import { verifyLedgerEvents } from '@origin-stack/sdk/verifyLedgerEvents';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ledgerDraft, ledgerDrafts } from '../../testing/ledgerDrafts.ts';
import { openTestBed, type TestBed, type TestTenant } from '../../testing/openTestBed.ts';
import type { Db } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { appendEvents } from './appendEvents.ts';
import type { LedgerRow } from './ledgerStore.ts';
import { listEvents } from './listEvents.ts';
import { verifyLedger } from './verifyLedger.ts';

let bed: TestBed;
let tenant: TestTenant;
beforeAll(async () => {
  bed = await openTestBed();
  tenant = await bed.newTenant();
});
afterAll(() => bed.close());

const hash = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');
const append = (db: Db, tenantId: string, count: number) =>
  inTenant(db, tenantId, (tx) => appendEvents(tx, tenantId, ledgerDrafts(count)));
const rowsOf = (tenantId: string): Promise<LedgerRow[]> =>
  inTenant(bed.worker, tenantId, (tx) => tx('ledger_events').orderBy('sequence').select());

describe('a ledger', () => {
  it('has no gap and verifies after any interleaving of commits, rollbacks and writers in two pools', async () => {
    const step = fc.record({
      count: fc.integer({ min: 1, max: 4 }),
      fails: fc.boolean(),
      isWorker: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
        const { tenantId } = await bed.newTenant();
        const before = (await rowsOf(tenantId)).length;
        const outcomes = await Promise.allSettled(
          steps.map(({ count, fails, isWorker }) =>
            inTenant(isWorker ? bed.worker : bed.api, tenantId, async (tx) => {
              await appendEvents(tx, tenantId, ledgerDrafts(count));
              if (fails) throw new Error('rolled back');
            }),
          ),
        );
        expect(outcomes.map((one) => one.status === 'rejected')).toEqual(steps.map((one) => one.fails));
        const events = before + steps.reduce((sum, one) => sum + (one.fails ? 0 : one.count), 0);
        const rows = await rowsOf(tenantId);
        expect(rows.map((row) => row.sequence)).toEqual(Array.from({ length: events }, (_, i) => i + 1));
        expect(await verifyLedger({ db: bed.api }, tenantId)).toEqual({
          valid: true,
          events,
          first_bad_sequence: null,
          reason: null,
        });
      }),
      { numRuns: 15 },
    );
  });

  it('stores the canonical text of RFC 8785, and hashes and links that text as interfaces.md says', async () => {
    const { tenantId } = tenant;
    const odd = 'é \u2028 "\\ \u0007 𝒳 €';
    const body = {
      z: 1.5e-7,
      a: [0.1, -0, 5e-324],
      '\u20ac': null,
      '\ud83d\ude00': true,
      B: { upload_id: odd },
    };
    const draft = ledgerDraft({ body, uploadId: null, correlationId: 'c.1_2-3' });
    await inTenant(bed.api, tenantId, (tx) => appendEvents(tx, tenantId, [draft]));
    const rows = await rowsOf(tenantId);
    let previous = hash(`origin-ledger:v1:${tenantId}`);
    for (const row of rows) {
      expect(row.canonical_event_json).toBe(canonicalize(JSON.parse(row.canonical_event_json)));
      expect(row.event_hash).toBe(hash(row.canonical_event_json));
      expect(row.prev_hash).toBe(previous);
      expect(JSON.parse(row.canonical_event_json).prev_hash).toBe(previous);
      previous = row.event_hash;
    }
    const last = rows.at(-1)!;
    expect(last.canonical_event_json).toBe(
      canonicalize({
        v: 1,
        tenant_id: tenantId,
        sequence: rows.length,
        event_id: draft.eventId,
        event_type: 'evidence.ready',
        event_timestamp: draft.timestamp,
        actor: { type: 'system', id: 'worker' },
        correlation_id: 'c.1_2-3',
        body,
        prev_hash: rows.at(-2)!.event_hash,
      }),
    );
  });

  it.each<[string, unknown]>([
    ['an integer beyond 2^53', 2 ** 53],
    ['a lone surrogate', '\ud800'],
    ['a Date', new Date(0)],
    ['undefined', undefined],
    ['NaN', Number.NaN],
  ])('takes no body with %s, and the next event takes the number', async (_, value) => {
    const { tenantId } = await bed.newTenant();
    const wrong = ledgerDraft({ body: { value: value as string } });
    await expect(inTenant(bed.api, tenantId, (tx) => appendEvents(tx, tenantId, [wrong]))).rejects.toThrow(
      TypeError,
    );
    const [next] = await append(bed.api, tenantId, 1);
    expect(next?.sequence).toBe((await rowsOf(tenantId)).length);
    expect(await verifyLedger({ db: bed.api }, tenantId)).toMatchObject({ valid: true });
  });

  it('keeps the microseconds of a timestamp in the text and in the column', async () => {
    const timestamp = '2026-02-03T04:05:06.123457Z';
    const { tenantId } = tenant;
    const draft = ledgerDraft({ timestamp });
    await inTenant(bed.api, tenantId, (tx) => appendEvents(tx, tenantId, [draft]));
    const row = (await rowsOf(tenantId)).at(-1)!;
    expect(row.event_timestamp).toBe(timestamp);
    expect(JSON.parse(row.canonical_event_json).event_timestamp).toBe(timestamp);
  });

  it('refuses a number that is taken, whatever wrote it', async () => {
    const { tenantId } = tenant;
    const copy = bed.owner.raw(
      `insert into ledger_events select tenant_id, sequence, gen_random_uuid(), event_type, event_timestamp, upload_id,
         canonical_event_json, prev_hash, event_hash from ledger_events where tenant_id = ? and sequence = 1`,
      [tenantId],
    );
    await expect(copy).rejects.toMatchObject({ code: '23505' });
  });

  it('does not make whoever writes beside it wait: its lock is on the head, to which nothing refers', async () => {
    const { tenantId } = tenant;
    await inTenant(bed.api, tenantId, async (tx) => {
      await appendEvents(tx, tenantId, ledgerDrafts(1));
      await inTenant(bed.api, tenantId, async (beside) => {
        await beside.raw("set local lock_timeout = '500ms'");
        await beside('model_loads').insert({ tenant_id: tenantId, kind: 'risk', version: 'beside' });
      });
    });
  });

  it('is listed page by page in the order of its sequence, and the SDK verifies what is listed', async () => {
    const { tenantId, actor } = await bed.newTenant();
    await append(bed.api, tenantId, 7);
    const items = [];
    let cursor: string | undefined;
    do {
      const page = await listEvents({ db: bed.api }, actor, { limit: 3, cursor });
      items.push(...page.items);
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    expect(items.map((item) => item.sequence)).toEqual(Array.from({ length: items.length }, (_, i) => i + 1));
    expect(await verifyLedgerEvents({ tenantId, events: items })).toMatchObject({ valid: true });
    const foreign = await bed.newTenant();
    expect((await listEvents({ db: bed.api }, foreign.actor, { limit: 200 })).items).not.toContainEqual(
      items[0],
    );
  });
});
