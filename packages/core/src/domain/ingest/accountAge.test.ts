import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatMicros } from '../../infra/systemClock.ts';
import { ingestRequest } from '../../testing/ingestRequest.ts';
import { openTestBed, type TestBed, type TestTenant } from '../../testing/openTestBed.ts';
import { verifyLedger } from '../ledger/verifyLedger.ts';
import { commit } from '../subjects/subjectKeys.ts';
import { type IngestDeps, ingest, MAX_CLOCK_AHEAD_MS } from './ingest.ts';
import { getUpload } from './readUploads.ts';

const DAY_MS = 86_400_000;
let bed: TestBed;
beforeAll(async () => {
  bed = await openTestBed();
});
afterAll(() => bed.close());

const at = (ms: number): IngestDeps => {
  const clock = { now: () => formatMicros(ms * 1000), epochMs: () => ms };
  return bed.ingestDeps({ clock });
};
const of = (external_id: string, createdMs?: number) =>
  ingestRequest({
    account: {
      external_id,
      ...(createdMs === undefined ? {} : { created_at: new Date(createdMs).toISOString() }),
    },
  });

async function corrections({ tenantId }: TestTenant) {
  const rows = await bed.owner('ledger_events').where({ tenant_id: tenantId }).orderBy('sequence');
  return rows
    .map((row) => JSON.parse(row.canonical_event_json))
    .filter((event) => event.event_type === 'account.corrected');
}

async function ageIn({ actor }: TestTenant, uploadId: string): Promise<number> {
  return (await getUpload({ db: bed.api }, actor, uploadId)).inputs.features.account_age_days;
}

describe('an account of the future', () => {
  it('is refused with a pointer, beyond what a clock may be ahead, and leaves nothing', async () => {
    const tenant = await bed.newTenant();
    const nowMs = Date.now();
    await expect(
      ingest(at(nowMs), tenant.actor, of('early', nowMs + MAX_CLOCK_AHEAD_MS + 1)),
    ).rejects.toMatchObject({
      code: 'unprocessable',
      errors: [{ pointer: '/account/created_at', message: 'is in the future' }],
    });
    expect(await bed.owner('subjects').where({ tenant_id: tenant.tenantId })).toEqual([]);
    const { created } = await ingest(at(nowMs), tenant.actor, of('early', nowMs + MAX_CLOCK_AHEAD_MS));
    expect(created).toBe(true);
  });

  it('that was taken before is answered with its first reply for ever', async () => {
    const tenant = await bed.newTenant();
    const nowMs = Date.now();
    const body = of('known', nowMs);
    const first = await ingest(at(nowMs), tenant.actor, body);
    const again = await ingest(at(nowMs - DAY_MS), tenant.actor, body);
    expect(again).toEqual({ created: false, reply: first.reply });
  });
});

describe('a correction of an account', () => {
  it('counts from its own upload on, and the ledger tells who, when and which, and neither account nor date', async () => {
    const tenant = await bed.newTenant();
    const nowMs = Date.now();
    const [was, is] = [nowMs - 10 * DAY_MS, nowMs - 400 * DAY_MS];
    await ingest(at(nowMs), tenant.actor, of('corrected', was));
    expect(await corrections(tenant)).toEqual([]);
    const body = of('corrected', is);
    const { reply } = await ingest(at(nowMs), { ...tenant.actor, correlationId: 'mend-1' }, body);
    expect(await ageIn(tenant, reply.upload_id)).toBe(400);

    const [event, ...more] = await corrections(tenant);
    expect(more).toEqual([]);
    const [{ wrapped_keys }] = await bed
      .owner('subjects')
      .where({ tenant_id: tenant.tenantId, kind: 'account' });
    const keys = await at(nowMs).subjects.open(wrapped_keys);
    const { inputs } = await getUpload({ db: bed.api }, tenant.actor, reply.upload_id);
    expect(event).toMatchObject({
      actor: { type: 'api_key', id: tenant.actor.id },
      correlation_id: 'mend-1',
      event_timestamp: formatMicros(nowMs * 1000),
    });
    expect(event.body).toEqual({
      account_commitment: inputs.account_commitment,
      created_at_commitment: commit(keys, 'account_created_at', new Date(is).toISOString()),
      previous_commitment: commit(keys, 'account_created_at', new Date(was).toISOString()),
    });

    await ingest(at(nowMs), tenant.actor, of('corrected', is));
    expect((await ingest(at(nowMs), tenant.actor, body)).created).toBe(false);
    await ingest(at(nowMs), tenant.actor, of('corrected'));
    expect(await corrections(tenant)).toHaveLength(1);
    expect(await verifyLedger({ db: bed.api }, tenant.tenantId)).toMatchObject({ valid: true });
  });

  it('is none where an account is told of for the first time', async () => {
    const tenant = await bed.newTenant();
    const nowMs = Date.now();
    await ingest(at(nowMs), tenant.actor, of('late'));
    const { reply } = await ingest(at(nowMs), tenant.actor, of('late', nowMs - 5 * DAY_MS));
    expect(await ageIn(tenant, reply.upload_id)).toBe(5);
    expect(await corrections(tenant)).toEqual([]);
  });

  it('mends an account of the future that was taken once', async () => {
    const tenant = await bed.newTenant();
    const nowMs = Date.now();
    await ingest(at(nowMs), tenant.actor, of('stuck', nowMs - DAY_MS));
    const stuck = { account_created_at: '2099-01-01T00:00:00Z' };
    await bed.owner('subjects').where({ tenant_id: tenant.tenantId, kind: 'account' }).update(stuck);
    const { reply } = await ingest(at(nowMs), tenant.actor, of('stuck', nowMs - 3 * DAY_MS));
    expect(await ageIn(tenant, reply.upload_id)).toBe(3);
    expect(await corrections(tenant)).toHaveLength(1);
  });

  it('follows the one before where many tell two things at once, and each upload has one of the two ages', async () => {
    const tenant = await bed.newTenant();
    const nowMs = Date.now();
    await ingest(at(nowMs), tenant.actor, of('raced', nowMs - 10 * DAY_MS));
    const told = [20, 10, 20, 10, 20, 10];
    const ages = await Promise.all(
      told.map(async (days) => {
        const { reply } = await ingest(at(nowMs), tenant.actor, of('raced', nowMs - days * DAY_MS));
        return ageIn(tenant, reply.upload_id);
      }),
    );
    for (const age of ages) expect([10, 20]).toContain(age);
    const bodies = (await corrections(tenant)).map((event) => event.body);
    expect(bodies.length).toBeGreaterThan(0);
    for (const [index, body] of bodies.entries()) {
      expect(body.created_at_commitment).not.toBe(body.previous_commitment);
      if (index > 0) expect(body.previous_commitment).toBe(bodies[index - 1].created_at_commitment);
    }
    expect(await verifyLedger({ db: bed.api }, tenant.tenantId)).toMatchObject({ valid: true });
  });
});
