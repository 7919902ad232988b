import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBack, killService, type ServiceName } from './faults/killService.ts';
import type { Aftermath, Invariant } from './invariants/aftermath.ts';
import { allOrNothing, refusedAreAbsent } from './invariants/allOrNothing.ts';
import { chainsVerify } from './invariants/chainsVerify.ts';
import { firstReplyStands } from './invariants/firstReplyStands.ts';
import { nothingTwice } from './invariants/nothingTwice.ts';
import { packsAreReady } from './invariants/packsAreReady.ts';
import { webhooksTellOnce } from './invariants/webhooksTellOnce.ts';
import { workIsDone } from './invariants/workIsDone.ts';
import { describeStall } from './product/describeStall.ts';
import { makeTenants, type Tenant } from './product/makeTenants.ts';
import { type OwnerDatabase, openOwner } from './product/openOwner.ts';
import { type Product, startProduct } from './product/startProduct.ts';
import { readLogLines, settingsOf, startService } from './product/startService.ts';
import { type Attempt, startIngestLoad } from './workloads/ingestLoad.ts';
import { receiveWebhooks, type WebhookInbox } from './workloads/receiveWebhooks.ts';
import { type RequestedPack, requestPack } from './workloads/requestPacks.ts';

const COUNT = 1_000;
const CONCURRENCY = 64;
const KILL_AFTER = 300;
const PACKS = 30;
/** A run that died with its worker holds its lease for 35 s at the most; then the work is done by another. */
const RECOVERY_DEADLINE_MS = 90_000;

let product: Product;
let owner: OwnerDatabase;
let tenants: Tenant[];
let inbox: WebhookInbox;

beforeAll(async () => {
  product = await startProduct();
  owner = await openOwner(product.dir);
  tenants = await makeTenants(product, ['north', 'south', 'west']);
  inbox = await receiveWebhooks(tenants);
}, 180_000);

afterAll(async () => {
  await inbox?.[Symbol.asyncDispose]();
  await owner?.[Symbol.asyncDispose]();
  await product?.[Symbol.asyncDispose]();
});

const secondsSince = (startMs: number) => ((performance.now() - startMs) / 1000).toFixed(1);
const tell = (line: string) => process.stdout.write(`${line}\n`);

/** Looks at all of them before it fails, so that a fault shows in full. */
async function holds(invariants: Record<string, Invariant>, aftermath: Aftermath) {
  const found: Record<string, string[]> = {};
  for (const [name, invariant] of Object.entries(invariants)) {
    const violations = await invariant(aftermath);
    if (violations.length > 0) found[name] = [`${violations.length} violations`, ...violations.slice(0, 8)];
  }
  expect(found).toEqual({});
}

const counted = (attempts: Attempt[], outcome: Attempt['outcome']) =>
  attempts.filter((attempt) => attempt.outcome === outcome).length;

const KEPT: Record<string, Invariant> = {
  allOrNothing,
  nothingTwice,
  webhooksTellOnce,
  packsAreReady,
  chainsVerify,
};

/** Looks at everything; what was not acknowledged is repeated in between. */
async function everythingHolds(attempts: Attempt[], packs: RequestedPack[] = []) {
  const aftermath = { product, owner, tenants, inbox, attempts, packs };
  await holds({ allOrNothing, refusedAreAbsent, firstReplyStands }, aftermath);
  await allWorkIsDone();
  await holds(KEPT, aftermath);
}

async function allWorkIsDone() {
  try {
    await eventually(() => workIsDone(owner, tenants), { deadlineMs: RECOVERY_DEADLINE_MS, pollMs: 100 });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${await describeStall(product, owner)}`, { cause: error });
  }
}

/** Loads, kills in the middle, waits for the recovery, and looks whether everything is as it must be. */
async function killInTheMiddle(service: ServiceName) {
  const load = startIngestLoad({
    apiUrl: product.apiUrl,
    fetch: product.fetch,
    tenants,
    name: `kill-${service}`,
    count: COUNT,
    concurrency: CONCURRENCY,
  });
  const packs: Promise<RequestedPack>[] = [];
  await load.acknowledged(KILL_AFTER);
  for (const attempt of load.history().slice(0, PACKS)) packs.push(requestPack(attempt));
  const killedMs = performance.now();
  const formerPid = await killService(product, service);
  await eventually(() => isBack(product, service, formerPid), { deadlineMs: 30_000 });
  const backSeconds = secondsSince(killedMs);
  const attempts = await load.done;
  const requested = await Promise.all(packs);
  await allWorkIsDone();
  const doneSeconds = secondsSince(killedMs);
  tell(
    `kill -9 ${service}: runs again after ${backSeconds} s, all work done after ${doneSeconds} s; ` +
      `${counted(attempts, 'acknowledged')} acknowledged, ${counted(attempts, 'unknown')} unknown, ${counted(attempts, 'refused')} refused`,
  );
  await everythingHolds(attempts, requested);
  expect(attempts).toHaveLength(COUNT);
  return attempts;
}

describe('kill -9 in the middle of 1,000 ingests loses nothing acknowledged and does nothing twice', () => {
  it('of the API', { timeout: 240_000 }, async () => {
    const attempts = await killInTheMiddle('api');
    expect(counted(attempts, 'unknown'), 'the kill met requests under way').toBeGreaterThan(0);
  });

  it('of the worker', { timeout: 240_000 }, async () => {
    const attempts = await killInTheMiddle('worker');
    expect(counted(attempts, 'acknowledged'), 'ingests do not need the worker').toBe(COUNT);
  });

  it('of Redis', { timeout: 240_000 }, async () => {
    const attempts = await killInTheMiddle('redis');
    expect(counted(attempts, 'acknowledged'), 'ingests go on by the database').toBe(COUNT);
  });
});

describe('SIGTERM under load ends in order, and exits 0', () => {
  it('of the API: every request that it took is answered, and none is cut off', {
    timeout: 120_000,
  }, async () => {
    const ports = { api: await freePort(), internal: await freePort() };
    const api = startService('api', await settingsOf(product, 'api', ports));
    const apiUrl = `http://127.0.0.1:${ports.api}`;
    await eventually(async () => (await fetch(`${apiUrl}/ready`)).ok, { deadlineMs: 30_000 });
    const load = startIngestLoad({
      apiUrl,
      fetch: product.fetch,
      tenants,
      name: 'stop-api',
      count: 600,
      concurrency: CONCURRENCY,
      refusedDeadlineMs: 0,
    });
    await load.acknowledged(150);
    const toldMs = performance.now();
    api.kill('SIGTERM');
    expect(await api.exited, api.output().slice(-2000)).toBe(0);
    const attempts = await load.done;
    tell(
      `SIGTERM of the API: exit after ${secondsSince(toldMs)} s; ${counted(attempts, 'acknowledged')} acknowledged, ` +
        `${counted(attempts, 'unknown')} unknown, ${counted(attempts, 'refused')} refused`,
    );
    const lines = readLogLines(api.output());
    const taken = new Map(
      lines.filter((line) => line.msg === 'request').map((line) => [line.correlation_id, line.status]),
    );
    for (const { correlationId, outcome, error } of attempts) {
      const status = taken.get(correlationId);
      const expected = outcome === 'acknowledged' ? 201 : undefined;
      expect(status, `${correlationId} was ${outcome} (${error})`).toBe(expected);
    }
    expect(counted(attempts, 'refused'), 'the stop came in the middle').toBeGreaterThan(0);
    expect(lines.map((line) => line.msg).slice(-1)).toEqual(['stopped']);
    await allWorkIsDone();
    await everythingHolds(attempts);
  });

  it('of a worker: what it had begun is finished, and no lease is left to run out', {
    timeout: 120_000,
  }, async () => {
    const ports = { api: await freePort(), internal: await freePort() };
    const worker = startService('worker', await settingsOf(product, 'worker', ports));
    const said = (msg: string) => readLogLines(worker.output()).filter((line) => line.msg === msg).length;
    // Another worker runs beside it: of a load that begins before, that one could take all.
    await eventually(() => said('the worker is running') > 0, { deadlineMs: 60_000 });
    const load = startIngestLoad({
      apiUrl: product.apiUrl,
      fetch: product.fetch,
      tenants,
      name: 'stop-worker',
      count: 600,
      concurrency: CONCURRENCY,
    });
    await eventually(() => said('work ran') >= 20, { deadlineMs: 60_000 });
    const toldMs = performance.now();
    worker.kill('SIGTERM');
    expect(await worker.exited, worker.output().slice(-2000)).toBe(0);
    const exitSeconds = secondsSince(toldMs);
    const begun = await owner.rows<{ id: string }>(
      'select id from outbox where done_at is null and running is not null',
    );
    const left = () =>
      owner.rows('select id from outbox where done_at is null and id = any($1)', [
        begun.map((row) => row.id),
      ]);
    // What the other worker has begun ends at once; what this one had dropped would wait 35 s for its lease.
    await eventually(async () => expect(await left()).toEqual([]), { deadlineMs: 20_000 });
    const attempts = await load.done;
    await allWorkIsDone();
    tell(
      `SIGTERM of a worker: exit after ${exitSeconds} s, all work done after ${secondsSince(toldMs)} s; ` +
        `${counted(attempts, 'acknowledged')} acknowledged`,
    );
    const messages = readLogLines(worker.output()).map((line) => line.msg);
    expect(messages.filter((message) => message === 'work failed')).toEqual([]);
    expect(messages.at(-1)).toBe('stopped');
    await everythingHolds(attempts);
  });
});
