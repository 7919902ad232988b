import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { randomIds } from '../../infra/randomIds.ts';
import { openTestBed, type TestBed } from '../../testing/openTestBed.ts';
import { inTenant } from '../tenants/inTenant.ts';
import {
  claimWork,
  finishRun,
  insertWork,
  readBacklog,
  releaseClaims,
  retryRun,
  startRun,
} from './outboxStore.ts';

let bed: TestBed;
let tenantId: string;
beforeAll(async () => {
  bed = await openTestBed();
  ({ tenantId } = await bed.newTenant());
});
afterAll(() => bed.close());
beforeEach(() => bed.owner('outbox').delete());

const inMine = <T>(work: Parameters<typeof inTenant<T>>[2]) => inTenant(bed.worker, tenantId, work);
const rowOf = (id: string) => bed.owner('outbox').where({ id }).first();

async function add(count: number, availableAt = '2026-01-01T00:00:00.000000Z'): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomIds.next());
  const work = ids.map((id) => ({
    id,
    tenantId,
    name: 'evidence.build' as const,
    payload: { pack_id: id },
    correlationId: 'c',
    availableAt,
  }));
  await inMine((tx) => insertWork(tx, work));
  return ids;
}

/** Claims the one piece of work that is due and begins it. */
async function begin(leaseSeconds = 60) {
  const [claimed] = await claimWork(bed.worker, 1, leaseSeconds);
  const run = { id: claimed!.id, tenantId, run: randomIds.next() };
  const started = await inMine((tx) => startRun(tx, { ...run, claim: claimed!.claim, leaseSeconds }));
  return { run, claim: claimed!.claim, started };
}

const expireLeases = () =>
  bed.owner.raw("update outbox set lease_until = now() - interval '1 second' where lease_until is not null");

describe('work in the outbox', () => {
  it('is handed out once, however many claim at once', async () => {
    const ids = await add(60);
    const claims = await Promise.all(Array.from({ length: 12 }, () => claimWork(bed.worker, 10, 60)));
    expect(
      claims
        .flat()
        .map((one) => one.id)
        .sort(),
    ).toEqual(ids.sort());
    expect(await claimWork(bed.worker, 10, 60)).toEqual([]);
  });

  it('exists exactly where the transaction that added it was committed', async () => {
    const work = { id: randomIds.next(), tenantId, name: 'evidence.build' as const, correlationId: 'c' };
    const added = inMine(async (tx) => {
      await insertWork(tx, [{ ...work, payload: { pack_id: work.id }, availableAt: '2026-01-01T00:00:00Z' }]);
      throw new Error('rolled back');
    });
    await expect(added).rejects.toThrow('rolled back');
    expect(await claimWork(bed.worker, 10, 60)).toEqual([]);
  });

  it('is not handed out before its time, and counts as backlog from then on', async () => {
    await add(1, new Date(Date.now() + 3_600_000).toISOString());
    expect(await claimWork(bed.worker, 10, 60)).toEqual([]);
    expect(await readBacklog(bed.worker)).toEqual({ waiting: 0, oldest_seconds: 0 });
    await add(1, new Date(Date.now() - 60_000).toISOString());
    const backlog = await readBacklog(bed.worker);
    expect(backlog.waiting).toBe(1);
    expect(backlog.oldest_seconds).toBeGreaterThan(59);
  });

  it('begins once for each hand-out: a job that comes twice finds it begun', async () => {
    await add(1);
    const { run, claim, started } = await begin();
    expect(started).toMatchObject({ attempts: 1, payload: { pack_id: run.id }, correlation_id: 'c' });
    const twice = { ...run, run: randomIds.next(), claim, leaseSeconds: 60 };
    expect(await inMine((tx) => startRun(tx, twice))).toBeUndefined();
    const both = await Promise.all(
      (await add(1).then(() => claimWork(bed.worker, 1, 60))).flatMap((one) =>
        [1, 2].map(() => inMine((tx) => startRun(tx, { ...twice, ...one, tenantId, run: randomIds.next() }))),
      ),
    );
    expect(both.filter(Boolean)).toHaveLength(1);
  });

  it('is handed out anew when its lease has run out, and the older hand-out can begin no more', async () => {
    await add(1);
    const [first] = await claimWork(bed.worker, 1, 60);
    await expireLeases();
    const [second] = await claimWork(bed.worker, 1, 60);
    expect(second).toEqual({ ...first, claim: first!.claim + 1 });
    const run = { id: first!.id, tenantId, run: randomIds.next(), leaseSeconds: 60 };
    expect(await inMine((tx) => startRun(tx, { ...run, claim: first!.claim }))).toBeUndefined();
    expect(await inMine((tx) => startRun(tx, { ...run, claim: second!.claim }))).toBeDefined();
  });

  it('that was given back is due at once, and its old job can begin no more; what began stays begun', async () => {
    await add(2);
    const [back, begun] = await claimWork(bed.worker, 2, 60);
    const run = (id: string, claim: number) =>
      inMine((tx) => startRun(tx, { id, tenantId, run: randomIds.next(), claim, leaseSeconds: 60 }));
    expect(await run(begun!.id, begun!.claim)).toBeDefined();
    await inMine((tx) => releaseClaims(tx, { tenantId, claims: [back!, begun!] }));
    expect(await run(back!.id, back!.claim)).toBeUndefined();
    const again = { ...back, claim: back!.claim + 1 };
    expect(await claimWork(bed.worker, 2, 60)).toEqual([again]);
    // Whoever gives back late gives back nothing of the next hand-out.
    await inMine((tx) => releaseClaims(tx, { tenantId, claims: [back!] }));
    expect(await run(back!.id, again.claim)).toBeDefined();
  });

  it('that another took over cannot be finished or put off by the run that lost its lease: its effect rolls back', async () => {
    await add(1);
    const lost = await begin();
    await expireLeases();
    const winner = await begin();
    expect(winner.started?.attempts).toBe(2);
    const effect = inMine(async (tx) => {
      await tx('outbox').where({ id: lost.run.id }).update({ last_error: 'the effect' });
      if (!(await finishRun(tx, lost.run))) throw new Error('lease lost');
    });
    await expect(effect).rejects.toThrow('lease lost');
    expect(await rowOf(lost.run.id)).toMatchObject({ done_at: null, last_error: null });
    expect(await inMine((tx) => retryRun(tx, { ...lost.run, delayMs: 0, error: 'no' }))).toBe(false);
    expect(await inMine((tx) => finishRun(tx, winner.run))).toBe(true);
    expect(await inMine((tx) => finishRun(tx, winner.run))).toBe(false);
    expect(await claimWork(bed.worker, 10, 60)).toEqual([]);
  });

  it('that was put off comes back after its delay and not before, also where its old job comes again', async () => {
    await add(1);
    const { run, claim } = await begin();
    await inMine((tx) => retryRun(tx, { ...run, delayMs: 400, error: 'e'.repeat(900) }));
    expect((await rowOf(run.id)).last_error).toHaveLength(500);
    const again = { ...run, run: randomIds.next(), claim, leaseSeconds: 60 };
    expect(await inMine((tx) => startRun(tx, again))).toBeUndefined();
    expect(await claimWork(bed.worker, 10, 60)).toEqual([]);
    const next = await eventually(async () => {
      const [claimed] = await claimWork(bed.worker, 10, 60);
      return claimed ?? false;
    });
    expect(next).toMatchObject({ claim: claim + 1 });
    const { available_at } = await rowOf(run.id);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(available_at) - 1);
  });
});
