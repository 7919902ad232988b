import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createBreakers } from '../../infra/breakers.ts';
import { openEgressProxy } from '../../infra/egressProxy/egressProxy.ts';
import { startProxy } from '../../infra/egressProxy/test/startProxy.ts';
import { openWebhookBed, type WebhookBed } from '../../infra/webhookSender/test/openWebhookBed.ts';
import { type Receiver, startReceiver } from '../../infra/webhookSender/test/startReceiver.ts';
import { createWebhookSender } from '../../infra/webhookSender/webhookSender.ts';
import { retryRun } from '../outbox/outboxStore.ts';
import type { Actor } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { isEndpointDown } from './attemptDelivery.ts';
import { createWebhook } from './createWebhook.ts';
import { lockDelivery } from './deliveryStore.ts';
import { listDeliveries } from './listDeliveries.ts';
import { getWebhook } from './readWebhooks.ts';
import { replayDelivery } from './replayDelivery.ts';
import { testWebhook } from './testWebhook.ts';
import { updateWebhook } from './updateWebhook.ts';

let bed: WebhookBed;
let status: number;
let receiver: Receiver;
beforeAll(async () => {
  bed = await openWebhookBed();
  receiver = await startReceiver((response) => response.writeHead(status).end());
});
afterAll(async () => {
  await receiver.stop();
  await bed.close();
});
afterEach(async () => {
  await bed.owner('outbox').delete();
  receiver.received.splice(0);
});

async function setUp(answers: number) {
  status = answers;
  const actor = await bed.newActor();
  const { id } = await createWebhook(bed.deps, actor, { url: receiver.url, events: ['decision.created'] });
  return { actor, id };
}

const deliveries = async (actor: Actor, webhookId: string) =>
  (await listDeliveries(bed.deps, actor, { webhookId, limit: 50 })).items;

describe('the dead letter', () => {
  it('takes a delivery after 24 attempts, and its work with it', async () => {
    const { actor, id } = await setUp(500);
    await testWebhook(bed.deps, actor, id);
    for (let attempt = 1; attempt < 24; attempt += 1) expect(await bed.deliverAll()).toEqual(['retrying']);
    expect(await bed.deliverAll()).toEqual(['dead']);
    expect(await bed.deliverAll()).toEqual([]);
    expect(receiver.received).toHaveLength(24);
    expect(await deliveries(actor, id)).toMatchObject([
      { status: 'dead', attempts: 24, last_status: 500, next_attempt_at: null, delivered_at: null },
    ]);
    expect(await getWebhook(bed.deps, actor, id)).toMatchObject({ is_active: true });
  });
});

describe('disabling', () => {
  it('a 410 disables the webhook, ends the delivery and tells the others', async () => {
    const { actor, id } = await setUp(410);
    const other = await createWebhook(bed.deps, actor, {
      url: 'https://hook.example/',
      events: ['webhook.disabled'],
    });
    await testWebhook(bed.deps, actor, id);
    expect(await bed.deliverAll()).toEqual(['dead']);
    expect(await getWebhook(bed.deps, actor, id)).toMatchObject({
      is_active: false,
      disabled_reason: 'The endpoint answered 410 Gone.',
    });
    expect(await deliveries(actor, id)).toMatchObject([
      { status: 'dead', last_status: 410, last_error: 'HTTP status 410; the webhook is disabled' },
    ]);
    const told = await deliveries(actor, other.id);
    expect(told).toMatchObject([{ event_type: 'webhook.disabled', status: 'pending' }]);
    const event = await bed.owner('webhook_events').where({ id: told[0]?.event_id }).first();
    expect(JSON.parse(event.data_json)).toEqual({
      webhook_id: id,
      reason: 'The endpoint answered 410 Gone.',
      since: bed.deps.clock.now(),
    });
  });

  it('120 hours without one success disable the webhook once, also over restarts and several deliveries', async () => {
    const { actor, id } = await setUp(500);
    const sentinel = { url: 'https://hook.example/', events: ['webhook.disabled' as const] };
    const other = await createWebhook(bed.deps, actor, sentinel);
    await testWebhook(bed.deps, actor, id);
    expect(await bed.deliverAll()).toEqual(['retrying']);
    const since = bed.deps.clock.now();
    bed.passHours(119.9);
    expect(await bed.deliverAll()).toEqual(['retrying']);
    await testWebhook(bed.deps, actor, id);
    bed.passHours(0.1);
    expect(await bed.deliverAll()).toEqual(['dead', 'dead']);
    expect(await getWebhook(bed.deps, actor, id)).toMatchObject({
      is_active: false,
      disabled_reason: 'Not one success for 120 hours.',
    });
    const told = await deliveries(actor, other.id);
    expect(told).toHaveLength(1);
    const event = await bed.owner('webhook_events').where({ id: told[0]?.event_id }).first();
    expect(JSON.parse(event.data_json)).toMatchObject({ since });
  });

  it('one success starts the clock anew', async () => {
    const { actor, id } = await setUp(500);
    await testWebhook(bed.deps, actor, id);
    await bed.deliverAll();
    bed.passHours(119);
    status = 200;
    expect(await bed.deliverAll()).toEqual(['delivered']);
    status = 500;
    await testWebhook(bed.deps, actor, id);
    bed.passHours(2);
    expect(await bed.deliverAll()).toEqual(['retrying']);
    expect(await getWebhook(bed.deps, actor, id)).toMatchObject({ is_active: true });
  });

  it('a disabled webhook is sent nothing, and what was pending ends as dead', async () => {
    const { actor, id } = await setUp(204);
    const { delivery_id } = await testWebhook(bed.deps, actor, id);
    await updateWebhook(bed.deps, actor, { id, is_active: false });
    expect(await bed.deliverAll()).toEqual(['dead']);
    expect(receiver.received).toEqual([]);
    expect(await deliveries(actor, id)).toMatchObject([
      { status: 'dead', attempts: 0, last_error: 'the webhook is disabled' },
    ]);
    await expect(testWebhook(bed.deps, actor, id)).rejects.toMatchObject({ code: 'unprocessable' });
    await expect(replayDelivery(bed.deps, actor, delivery_id)).rejects.toMatchObject({
      code: 'unprocessable',
    });
  });
});

describe('replay', () => {
  it('sends the same event again with all attempts, but only once it has ended', async () => {
    const { actor, id } = await setUp(204);
    const accepted = await testWebhook(bed.deps, actor, id);
    const { delivery_id } = accepted;
    await expect(replayDelivery(bed.deps, actor, delivery_id)).rejects.toMatchObject({
      code: 'delivery_in_flight',
    });
    await bed.deliverAll();
    expect(await replayDelivery(bed.deps, actor, delivery_id)).toEqual(accepted);
    expect(await deliveries(actor, id)).toMatchObject([
      { status: 'pending', attempts: 0, delivered_at: null },
    ]);
    expect(await bed.deliverAll()).toEqual(['delivered']);
    const ids = receiver.received.map((request) => request.headers['webhook-id']);
    expect(ids).toEqual([accepted.event_id, accepted.event_id]);
  });

  it('of many at once wins once', async () => {
    const { actor, id } = await setUp(204);
    const { delivery_id } = await testWebhook(bed.deps, actor, id);
    await bed.deliverAll();
    const { tries } = await inTenant(bed.owner, actor.tenantId, async (tx) => {
      await lockDelivery(tx, { tenantId: actor.tenantId, id: delivery_id });
      const begun = [1, 2, 3].map(() => replayDelivery(bed.deps, actor, delivery_id));
      const settled = Promise.allSettled(begun);
      await eventually(async () => (await bed.waiting()) === 3);
      return { tries: settled };
    });
    const settled = await tries;
    expect(settled.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    expect(await bed.deliverAll()).toEqual(['delivered']);
  });
});

describe('the lease', () => {
  it('a run that lost its lease records nothing', async () => {
    const { actor, id } = await setUp(204);
    await testWebhook(bed.deps, actor, id);
    const [stale] = await bed.begin();
    if (!stale) throw new Error('no work');
    await bed.owner('outbox').update({ lease_until: new Date(0), running: null });
    const [current] = await bed.begin();
    if (!current) throw new Error('no work');
    await expect(bed.act(stale)).rejects.toThrow('lease lost');
    expect(await deliveries(actor, id)).toMatchObject([{ status: 'pending', attempts: 0 }]);
    status = 500;
    await expect(bed.act(stale)).rejects.toThrow('lease lost');
    expect(await deliveries(actor, id)).toMatchObject([{ status: 'pending', attempts: 0 }]);
    status = 204;
    expect(await bed.act(current)).toBe('delivered');
  });
});

describe('the breaker', () => {
  const breakers = () =>
    createBreakers({ max: 10, failures: 2, halfOpenAfterMs: 45_000, isFailure: isEndpointDown });

  it('puts the work off while it is open, without using up an attempt', async () => {
    const { actor, id } = await setUp(500);
    const own = { breakers: breakers() };
    await testWebhook(bed.deps, actor, id);
    const results = [];
    for (let i = 0; i < 4; i += 1) results.push(...(await bed.deliverAll(own)));
    expect(results).toEqual(['retrying', 'retrying', 'put_off', 'put_off']);
    expect(receiver.received).toHaveLength(2);
    const [delivery] = await deliveries(actor, id);
    expect(delivery).toMatchObject({ status: 'pending', attempts: 2, last_status: 500 });
    const waitMs = Date.parse(delivery?.next_attempt_at ?? '') - bed.deps.clock.epochMs();
    expect(waitMs).toBe(80_000);
  });

  it('of one endpoint leaves the others alone', async () => {
    const { actor, id } = await setUp(500);
    const own = { breakers: breakers() };
    await testWebhook(bed.deps, actor, id);
    for (let i = 0; i < 3; i += 1) await bed.deliverAll(own);
    await bed.owner('outbox').delete();
    const healthy = await setUp(204);
    await testWebhook(bed.deps, healthy.actor, healthy.id);
    expect(await bed.deliverAll(own)).toEqual(['delivered']);
  });

  it('is not opened by a 4xx', async () => {
    const { actor, id } = await setUp(404);
    const own = { breakers: breakers() };
    await testWebhook(bed.deps, actor, id);
    for (let i = 0; i < 5; i += 1) expect(await bed.deliverAll(own)).toEqual(['retrying']);
    expect(own.breakers.of(id).state()).toBe('closed');
  });
});

it('a key provider that is away is no failure of the endpoint', async () => {
  const { actor, id } = await setUp(204);
  await testWebhook(bed.deps, actor, id);
  const [begun] = await bed.begin();
  if (!begun) throw new Error('no work');
  const secrets = { ...bed.deps.secrets, open: () => Promise.reject(new Error('the key provider is away')) };
  await expect(bed.act(begun, { secrets })).rejects.toThrow('the key provider is away');
  expect(await deliveries(actor, id)).toMatchObject([{ status: 'pending', attempts: 0, last_error: null }]);
  expect(await bed.owner('webhooks').where({ id }).first()).toMatchObject({ failing_since: null });
  expect(await bed.act(begun)).toBe('delivered');
});

describe('an egress proxy', () => {
  async function through(behaviour: number | 'close') {
    const proxy = await startProxy({ behave: () => behaviour });
    const { actor } = await setUp(204);
    const webhook = { url: 'http://hook.example.org/', events: ['decision.created' as const] };
    const { id } = await createWebhook(bed.deps, actor, webhook);
    await testWebhook(bed.deps, actor, id);
    const sender = await createWebhookSender({
      rules: bed.deps.addresses,
      resolve: async () => ['93.184.216.34'],
      proxy: openEgressProxy({ EGRESS_PROXY_URL: proxy.url, EGRESS_NO_PROXY: [] }),
    });
    const breakers = createBreakers({
      max: 10,
      failures: 2,
      halfOpenAfterMs: 45_000,
      isFailure: isEndpointDown,
    });
    return { actor, id, proxy, own: { sender, breakers } };
  }

  it.each([407, 'close'] as const)('that is away (%s) is no attempt, however long it lasts', async (how) => {
    const { actor, id, proxy, own } = await through(how);
    for (let i = 0; i < 2; i += 1) {
      const [begun] = await bed.begin();
      await expect(bed.act(begun!, own)).rejects.toMatchObject({ code: 'proxy' });
      // As the runner does with work that failed.
      const { run } = begun!;
      const again = { ...run, delayMs: 0, error: 'failed' };
      await inTenant(bed.deliverDeps.db, run.tenantId, (tx) => retryRun(tx, again));
      bed.passHours(121);
    }
    expect(await bed.deliverAll(own)).toEqual(['put_off']);
    expect(proxy.asked).toHaveLength(2);
    expect(await deliveries(actor, id)).toMatchObject([{ status: 'pending', attempts: 0, last_error: null }]);
    expect(await getWebhook(bed.deps, actor, id)).toMatchObject({ is_active: true });
    await proxy.stop();
  });

  it.each([
    [403, 'refused_address: the egress proxy refuses the destination: HTTP status 403'],
    [503, 'connection: the egress proxy did not reach the destination: HTTP status 503'],
  ])('that works and answers %i for an endpoint is an attempt, which says so', async (status, error) => {
    const { actor, id, proxy, own } = await through(status);
    expect(await bed.deliverAll(own)).toEqual(['retrying']);
    expect(await deliveries(actor, id)).toMatchObject([
      { attempts: 1, last_status: null, last_error: error },
    ]);
    await proxy.stop();
  });
});
