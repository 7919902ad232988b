import type { Decision, Features } from '@origin-stack/contract/policies';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatMicros } from '../../infra/systemClock.ts';
import { ingestRequest } from '../../testing/ingestRequest.ts';
import { openTestBed, type TestBed } from '../../testing/openTestBed.ts';
import { ingest, MAX_CLOCK_AHEAD_MS } from './ingest.ts';
import { getUpload } from './readUploads.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await openTestBed();
});
afterAll(() => bed.close());

const DAY_MS = 86_400_000;

/** One upload that came before: who, with what, when, and how it ended. */
interface Earlier {
  account: string;
  device: string | null;
  pvid: string;
  hoursAgo: number;
  decision: Decision;
}

const earlier = fc.record<Earlier>({
  account: fc.constantFrom('a1', 'a2'),
  device: fc.constantFrom('d1', 'd2', null),
  pvid: fc.constantFrom('p1', 'p2'),
  hoursAgo: fc.constantFrom(0.1, 5, 23.9, 24.1, 100, 5_000),
  decision: fc.constantFrom<Decision>('allow', 'review', 'quarantine', 'reject'),
});

/** The features by counting in a list: what the database is asked in one query. */
function expected(
  history: Earlier[],
  now: Omit<Earlier, 'hoursAgo' | 'decision'>,
): Omit<Features, 'account_age_days'> {
  const count = (is: (one: Earlier) => boolean) => history.filter(is).length;
  const isRecent = (one: Earlier) => one.hoursAgo < 24;
  return {
    upload_velocity_24h: count((one) => one.account === now.account && isRecent(one)),
    device_velocity_24h: count((one) => now.device !== null && one.device === now.device && isRecent(one)),
    account_prior_quarantine_count: count(
      (one) => one.account === now.account && one.decision === 'quarantine',
    ),
    account_prior_reject_count: count((one) => one.account === now.account && one.decision === 'reject'),
    pvid_prior_quarantine_count: count((one) => one.pvid === now.pvid && one.decision === 'quarantine'),
    pvid_prior_reject_count: count((one) => one.pvid === now.pvid && one.decision === 'reject'),
  };
}

const requestOf = (one: Pick<Earlier, 'account' | 'device' | 'pvid'>) => {
  const { device: _, ...request } = ingestRequest({
    account: { external_id: one.account },
    content: { sha256: '0'.repeat(64), media_type: 'text/plain', pvid: one.pvid },
  });
  return one.device === null ? request : { ...request, device: { external_id: one.device } };
};

it('are what counting in a list of the tenant’s earlier uploads gives, with another tenant’s beside them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(earlier, { maxLength: 12 }), earlier, async (history, now) => {
      const [own, other] = [await bed.newTenant(), await bed.newTenant()];
      const deps = bed.ingestDeps();
      for (const one of history) {
        const { reply } = await ingest(deps, own.actor, requestOf(one));
        await ingest(deps, other.actor, requestOf(one));
        // The outcome and the time are what the test needs, not what the policy said: the owner writes them.
        await bed
          .owner('uploads')
          .where({ id: reply.upload_id })
          .update({
            decision: one.decision,
            received_at: bed.owner.raw(`now() - interval '${one.hoursAgo} hours'`),
          });
      }
      const { reply } = await ingest(deps, own.actor, requestOf(now));
      const { inputs } = await getUpload({ db: bed.api }, own.actor, reply.upload_id);
      expect(inputs.features).toMatchObject(expected(history, now));
    }),
    { numRuns: 12 },
  );
});

it('count an upload for 24 hours and not a second longer', async () => {
  const { actor } = await bed.newTenant();
  const deps = bed.ingestDeps();
  const one = { account: 'edge', device: 'edge', pvid: 'edge' };
  const { reply } = await ingest(deps, actor, requestOf(one));
  const velocityAt = async (age: string) => {
    await bed
      .owner('uploads')
      .where({ id: reply.upload_id })
      .update({ received_at: bed.owner.raw(`now() - interval '${age}'`) });
    const next = await ingest(deps, actor, requestOf(one));
    const { inputs } = await getUpload({ db: bed.api }, actor, next.reply.upload_id);
    await bed
      .owner('uploads')
      .where({ id: next.reply.upload_id })
      .update({ received_at: '2020-01-01T00:00:00Z' });
    return [inputs.features.upload_velocity_24h, inputs.features.device_velocity_24h];
  };
  expect(await velocityAt('23 hours 59 minutes 50 seconds')).toEqual([1, 1]);
  expect(await velocityAt('24 hours')).toEqual([0, 0]);
});

it('tell the account’s age from what the tenant said, else from when it was first seen, and never below zero', async () => {
  const { actor } = await bed.newTenant();
  const nowMs = Date.now();
  const at = (ms: number) => ({ now: () => formatMicros(ms * 1000), epochMs: () => ms });
  const ageOf = async (account: { external_id: string; created_at?: string }, atMs: number) => {
    const { reply } = await ingest(bed.ingestDeps({ clock: at(atMs) }), actor, ingestRequest({ account }));
    return (await getUpload({ db: bed.api }, actor, reply.upload_id)).inputs.features.account_age_days;
  };
  const tenDaysAgo = new Date(nowMs - 10 * DAY_MS).toISOString();
  expect(await ageOf({ external_id: 'told', created_at: tenDaysAgo }, nowMs)).toBe(10);
  expect(await ageOf({ external_id: 'told', created_at: tenDaysAgo }, nowMs + DAY_MS / 2)).toBe(10.5);
  expect(await ageOf({ external_id: 'seen' }, nowMs)).toBe(0);
  expect(await ageOf({ external_id: 'seen' }, nowMs + 2 * DAY_MS)).toBe(2);
  const soon = new Date(nowMs + MAX_CLOCK_AHEAD_MS).toISOString();
  expect(await ageOf({ external_id: 'unborn', created_at: soon }, nowMs)).toBe(0);
  expect(await ageOf({ external_id: 'offset', created_at: tenDaysAgo.replace('Z', '+23:59') }, nowMs)).toBe(
    10.999,
  );
});

it('take up the account’s age when the tenant tells it, also after the first upload, and as it corrects it', async () => {
  const { actor } = await bed.newTenant();
  const ageOf = async (created_at?: string) => {
    const account = { external_id: 'told later', ...(created_at === undefined ? {} : { created_at }) };
    const { reply } = await ingest(bed.ingestDeps(), actor, ingestRequest({ account }));
    return (await getUpload({ db: bed.api }, actor, reply.upload_id)).inputs.features.account_age_days;
  };
  const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();
  expect(await ageOf()).toBeCloseTo(0, 1);
  expect(await ageOf(daysAgo(10))).toBeCloseTo(10, 1);
  expect(await ageOf(daysAgo(20))).toBeCloseTo(20, 1);
  expect(await ageOf()).toBeCloseTo(20, 1);
});
