import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomIds } from '../../infra/randomIds.ts';
import { openTestBed, type TestBed } from '../../testing/openTestBed.ts';
import { genesisHash } from './genesisHash.ts';
import { verifyLedgers } from './verifyLedgers.ts';

/** What is in a new tenant's ledger: version 1 of its policy and two models. */
const AT_BIRTH = 3;
/** Beyond one page of tenants. */
const EMPTY = 501;

let bed: TestBed;
let tenantIds: string[];

beforeAll(async () => {
  bed = await openTestBed();
  const made = await Promise.all([bed.newTenant(), bed.newTenant(), bed.newTenant()]);
  tenantIds = made.map(({ tenantId }) => tenantId).sort();
});
afterAll(() => bed.close());

describe('a run over all ledgers', () => {
  test('verifies each of them as the role of the worker, whom the wall stops elsewhere', async () => {
    expect(await bed.worker('tenants').select('id')).toEqual([]);
    expect(await verifyLedgers({ db: bed.worker })).toEqual({
      tenants: 3,
      events: 3 * AT_BIRTH,
      failures: [],
    });
  });

  test('names every bad one with the first bad event, and goes on to the next', async () => {
    const event = (tenant_id: string | undefined, sequence: number) =>
      bed.owner('ledger_events').where({ tenant_id, sequence });
    const [first, , third] = tenantIds;
    const text: string = (await event(first, 2).first()).canonical_event_json;
    const gone = await event(third, 3).first();
    await event(first, 2).update({ canonical_event_json: text.replace('"v":1', '"v":2') });
    await event(third, 3).delete();
    expect(await verifyLedgers({ db: bed.worker })).toEqual({
      tenants: 3,
      events: 1 + AT_BIRTH + 2,
      failures: [
        { tenant_id: first, first_bad_sequence: 2, reason: 'the text does not have the stored hash' },
        { tenant_id: third, first_bad_sequence: 3, reason: '1 events are missing at the end' },
      ],
    });
    await event(first, 2).update({ canonical_event_json: text });
    await bed.owner('ledger_events').insert(gone);
    expect(await verifyLedgers({ db: bed.worker })).toMatchObject({ failures: [] });
  });

  test('has no result once it is told to stop', async () => {
    const stopped = new AbortController();
    stopped.abort(new Error('told to stop'));
    await expect(verifyLedgers({ db: bed.worker }, stopped.signal)).rejects.toThrow('told to stop');
  });

  test('leaves no tenant out where there are many', async () => {
    const ids = Array.from({ length: EMPTY }, () => randomIds.next());
    const now = new Date().toISOString();
    await bed.owner.batchInsert(
      'tenants',
      ids.map((id) => ({ id, name: 'Empty', created_at: now })),
    );
    const heads = ids.map((id) => ({ tenant_id: id, sequence: 0, head_hash: genesisHash(id) }));
    await bed.owner.batchInsert('ledger_heads', heads.slice(0, -1));
    const result = await verifyLedgers({ db: bed.worker });
    expect(result.tenants).toBe(3 + EMPTY);
    expect(result.failures).toEqual([
      { tenant_id: ids.at(-1), first_bad_sequence: 1, reason: 'the ledger has no head' },
    ]);
  });
});
