import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Aftermath, Invariant } from './invariants/aftermath.ts';
import { allOrNothing, refusedAreAbsent } from './invariants/allOrNothing.ts';
import { chainsVerify } from './invariants/chainsVerify.ts';
import { failsCleanly } from './invariants/failsCleanly.ts';
import { firstReplyStands } from './invariants/firstReplyStands.ts';
import { nothingTwice } from './invariants/nothingTwice.ts';
import { packsAreReady } from './invariants/packsAreReady.ts';
import { webhooksTellOnce } from './invariants/webhooksTellOnce.ts';
import { workIsDone } from './invariants/workIsDone.ts';
import { makeTenants, type Tenant } from './product/makeTenants.ts';
import { type OwnerDatabase, openOwner } from './product/openOwner.ts';
import { type Product, startProduct } from './product/startProduct.ts';
import { type Attempt, startIngestLoad } from './workloads/ingestLoad.ts';
import { receiveWebhooks, type WebhookInbox } from './workloads/receiveWebhooks.ts';
import { requestPack } from './workloads/requestPacks.ts';

// A check that finds nothing must be able to find something: each invariant sees the loss that it is there for.

let product: Product;
let owner: OwnerDatabase;
let tenants: Tenant[];
let inbox: WebhookInbox;
let aftermath: Aftermath;

beforeAll(async () => {
  product = await startProduct();
  owner = await openOwner(product.dir);
  tenants = await makeTenants(product, ['mutant']);
  inbox = await receiveWebhooks(tenants);
  const load = startIngestLoad({
    apiUrl: product.apiUrl,
    fetch: product.fetch,
    tenants,
    name: 'mutation',
    count: 20,
    concurrency: 4,
  });
  const attempts = await load.done;
  const packs = [await requestPack(attempts[0] as Attempt)];
  await eventually(() => workIsDone(owner, tenants), { deadlineMs: 60_000, pollMs: 100 });
  aftermath = { product, owner, tenants, inbox, attempts, packs };
}, 180_000);

afterAll(async () => {
  await inbox?.[Symbol.asyncDispose]();
  await owner?.[Symbol.asyncDispose]();
  await product?.[Symbol.asyncDispose]();
});

const INVARIANTS: Record<string, Invariant> = {
  allOrNothing,
  refusedAreAbsent,
  firstReplyStands,
  nothingTwice,
  webhooksTellOnce,
  packsAreReady,
  chainsVerify,
};

test('each holds where nothing was lost', async () => {
  for (const [name, invariant] of Object.entries(INVARIANTS))
    expect(await invariant(aftermath), name).toEqual([]);
}, 60_000);

/** Does SQL that no part of the product can do, looks, and takes it back with everything that came of it. */
async function withRows(statements: string[], look: () => Promise<void>): Promise<void> {
  await owner.rows('begin');
  try {
    for (const sql of statements) await owner.rows(sql);
    await look();
  } finally {
    await owner.rows('rollback');
  }
}

const first = () => aftermath.attempts[0] as Attempt;
const owned = () => `'${tenants[0]?.id}'`;
const upload = () => `'${first().reply?.upload_id}'`;

/** Inside a transaction of the owner: only what this session asks sees it. */
const IN_ROWS: [keyof typeof INVARIANTS, string, () => string[]][] = [
  [
    'allOrNothing',
    'an upload has other signals than its webhook tells',
    () => [
      "update webhook_events set data_json = jsonb_set(data_json::jsonb, '{reasons}', '[1, 2, 3]')::text",
    ],
  ],
  [
    'allOrNothing',
    'a decision lost its webhook',
    () => ['delete from webhook_deliveries', "delete from webhook_events where type = 'decision.created'"],
  ],
  ['allOrNothing', 'a delivery lost its work', () => ["delete from outbox where payload ? 'delivery_id'"]],
  ['packsAreReady', 'a pack is not ready', () => ["update evidence_packs set status = 'pending'"]],
  ['packsAreReady', 'a pack that was accepted is gone', () => ['delete from evidence_packs']],
];

test.each(IN_ROWS)('%s sees that %s', async (name, _, statements) => {
  await withRows(statements(), async () => {
    expect(await INVARIANTS[name]?.(aftermath)).not.toEqual([]);
  });
});

test('nothingTwice sees a decision that stands twice in the ledger', async () => {
  const copy = `insert into ledger_events select (jsonb_populate_record(e, jsonb_build_object('sequence', 9000))).*
    from ledger_events e where e.upload_id = ${upload()} and e.event_type = 'decision.created'`;
  await withRows(
    ['alter table ledger_events drop constraint if exists ledger_events_tenant_id_event_id_key', copy],
    async () => {
      expect(await nothingTwice(aftermath)).not.toEqual([]);
    },
  );
});

test('refusedAreAbsent sees what was refused and is there', async () => {
  const refused = [{ ...first(), outcome: 'refused' as const }];
  expect(await refusedAreAbsent({ ...aftermath, attempts: refused })).toHaveLength(1);
});

const CLEAN = {
  type: 'https://localhost/docs/errors#dependency_unavailable',
  title: 'A part that this needs is away',
  status: 503,
  detail: 'Repeat it.',
  instance: 'an-id',
  error: 'dependency_unavailable',
};

test.each([
  ['a plain 503', 503, 'Service Unavailable', 1],
  ['an error that nobody expected', 500, JSON.stringify({ ...CLEAN, status: 500, error: 'internal' }), 1],
  ['what broke, in its own words', 503, JSON.stringify({ ...CLEAN, stack: 'Error: at pg' }), 1],
  ['a connection that broke', null, 'ECONNRESET', 1],
  ['nothing in a clean failure', 503, JSON.stringify(CLEAN), 0],
])('failsCleanly sees %s', async (_, status, error, found) => {
  const failed = [{ ...first(), outcome: 'unknown' as const, status, error }];
  expect(await failsCleanly({ ...aftermath, attempts: failed })).toHaveLength(found);
});

test('firstReplyStands sees a reply that is another than the one that was acknowledged', async () => {
  const { reply } = first();
  if (!reply) throw new Error('the first one has a reply');
  const changed = [{ ...first(), reply: { ...reply, risk_score: reply.risk_score + 0.001 } }];
  expect(await firstReplyStands({ ...aftermath, attempts: changed })).not.toEqual([]);
});

test('webhooksTellOnce sees an upload that nobody was told of, and one that two events tell of', async () => {
  const own = inbox.received.filter(({ event }) => event.data.upload_id === first().reply?.upload_id);
  const untold = inbox.received.filter((one) => !own.includes(one));
  expect(await webhooksTellOnce({ ...aftermath, inbox: { received: untold, rejected: [] } })).toHaveLength(1);
  const twice = own.map(({ event }) => ({ event: { ...event, id: 'another' } }));
  const received = [...inbox.received, ...twice];
  expect(await webhooksTellOnce({ ...aftermath, inbox: { received, rejected: [] } })).toHaveLength(1);
});

test('workIsDone sees work that waits', async () => {
  await withRows(
    [
      `update outbox set done_at = null where id in (select id from outbox where tenant_id = ${owned()} limit 1)`,
    ],
    async () => {
      await expect(workIsDone(owner, tenants)).rejects.toThrow('1 pieces of work wait');
    },
  );
});

// The last one: what it changes is seen by the API, so it is not in a transaction.
test('chainsVerify sees one changed byte in the ledger', async () => {
  await owner.rows(
    `update ledger_events set canonical_event_json = canonical_event_json || ' ' where upload_id = ${upload()}`,
  );
  expect(await chainsVerify(aftermath)).not.toEqual([]);
});
