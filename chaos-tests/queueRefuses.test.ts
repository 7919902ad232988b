import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serviceFiles } from '@origin-stack/scripts/embedded/serviceFiles.ts';
import { eventually } from '@origin-stack/testkit/eventually';
import { sayToRedis } from '@origin-stack/testkit/redis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Aftermath, Invariant } from './invariants/aftermath.ts';
import { allOrNothing } from './invariants/allOrNothing.ts';
import { chainsVerify } from './invariants/chainsVerify.ts';
import { nothingTwice } from './invariants/nothingTwice.ts';
import { packsAreReady } from './invariants/packsAreReady.ts';
import { webhooksTellOnce } from './invariants/webhooksTellOnce.ts';
import { workIsDone } from './invariants/workIsDone.ts';
import { makeTenants, type Tenant } from './product/makeTenants.ts';
import { type OwnerDatabase, openOwner } from './product/openOwner.ts';
import { type Product, startProduct } from './product/startProduct.ts';
import { readLogLines } from './product/startService.ts';
import { startIngestLoad } from './workloads/ingestLoad.ts';
import { receiveWebhooks, type WebhookInbox } from './workloads/receiveWebhooks.ts';
import { requestPack } from './workloads/requestPacks.ts';

const COUNT = 240;
const PACKS = 12;
const NOBODY = ['127.0.0.1', '1'];
const READINESS = { deadlineMs: 10_000, pollMs: 100 };
/** All of it, and it is little: what is promised is that work goes on within this time of the fault's end. */
const DONE = { deadlineMs: 30_000, pollMs: 100 };

let product: Product;
let owner: OwnerDatabase;
let tenants: Tenant[];
let inbox: WebhookInbox;
let redisUrl: string;

beforeAll(async () => {
  product = await startProduct();
  redisUrl = (await readFile(serviceFiles(product.dir).urls.redis, 'utf8')).trim();
  owner = await openOwner(product.dir);
  tenants = await makeTenants(product, ['north', 'south']);
  inbox = await receiveWebhooks(tenants);
}, 180_000);

afterAll(async () => {
  await inbox?.[Symbol.asyncDispose]();
  await owner?.[Symbol.asyncDispose]();
  await product?.[Symbol.asyncDispose]();
});

const KEPT: Record<string, Invariant> = {
  allOrNothing,
  nothingTwice,
  webhooksTellOnce,
  packsAreReady,
  chainsVerify,
};

const load = (name: string) =>
  startIngestLoad({
    apiUrl: product.apiUrl,
    fetch: product.fetch,
    tenants,
    name,
    count: COUNT,
    concurrency: 8,
  });

async function everythingHolds(aftermath: Aftermath) {
  const found: Record<string, string[]> = {};
  for (const [name, invariant] of Object.entries(KEPT)) {
    const violations = await invariant(aftermath);
    if (violations.length > 0) found[name] = violations.slice(0, 8);
  }
  expect(found).toEqual({});
}

const readiness = async () => {
  const reply = await product.fetch(`${product.internalUrl}/ready`);
  const { components } = (await reply.json()) as { components: { redis: { error?: string } } };
  return { status: reply.status, redis: components.redis.error };
};

it('Redis that forgets its scripts under load stops no work', { timeout: 120_000 }, async () => {
  const running = load('forgets');
  for (const count of [40, 80, 120]) {
    await running.acknowledged(count);
    await sayToRedis(redisUrl, 'SCRIPT', 'FLUSH');
  }
  const attempts = await running.done;
  const packs = await Promise.all(attempts.slice(0, PACKS).map(requestPack));
  await eventually(() => workIsDone(owner, tenants), DONE);
  await everythingHolds({ product, owner, tenants, inbox, attempts, packs });
});

it('Redis that refuses writes under load stops no decision; that is said, and the work is done when it takes them again', {
  timeout: 180_000,
}, async () => {
  const running = load('refuses');
  await running.acknowledged(40);
  await sayToRedis(redisUrl, 'REPLICAOF', ...NOBODY);
  const refused = { status: 503, redis: 'redis refuses to write: READONLY' };
  await eventually(async () => expect(await readiness()).toEqual(refused), READINESS);
  const attempts = await running.done;
  expect(attempts.filter(({ outcome }) => outcome !== 'acknowledged')).toEqual([]);
  const packs = await Promise.all(attempts.slice(0, PACKS).map(requestPack));
  await expect(workIsDone(owner, tenants)).rejects.toThrow('pieces of work wait');
  await sayToRedis(redisUrl, 'REPLICAOF', 'NO', 'ONE');
  await eventually(() => workIsDone(owner, tenants), DONE);
  await eventually(async () => expect((await readiness()).status).toBe(200), READINESS);
  await everythingHolds({ product, owner, tenants, inbox, attempts, packs });
  const lines = readLogLines(await readFile(join(product.dir.logs, 'worker.log'), 'utf8'));
  const refusals = lines.filter(({ msg }) => msg === 'the queue refuses work: it is opened again');
  expect(refusals).toHaveLength(1);
});
