import { finishRun, retryRun } from '@origin-stack/core/domain/outbox/outboxStore';
import { createWebhook } from '@origin-stack/core/domain/webhooks/createWebhook';
import type { DeliverDeps } from '@origin-stack/core/domain/webhooks/deliver';
import { listDeliveries } from '@origin-stack/core/domain/webhooks/listDeliveries';
import { testWebhook } from '@origin-stack/core/domain/webhooks/testWebhook';
import { openWebhookBed, type WebhookBed } from '@origin-stack/core/infra/webhookSender/test/openWebhookBed';
import { startReceiver } from '@origin-stack/core/infra/webhookSender/test/startReceiver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TaskContext } from '../task.ts';
import { deliverWebhook } from './deliverWebhook.ts';

let bed: WebhookBed;
beforeAll(async () => {
  bed = await openWebhookBed();
});
afterAll(() => bed.close());

/** The context of the one piece of work that is due, on the real outbox. */
async function beginOne(): Promise<{ context: TaskContext<DeliverDeps>; payload: { delivery_id: string } }> {
  const [begun] = await bed.begin();
  if (!begun) throw new Error('no work is due');
  const { run, started, deliveryId } = begun;
  const context: TaskContext<DeliverDeps> = {
    deps: bed.deliverDeps,
    tenantId: run.tenantId,
    correlationId: started.correlation_id,
    attempt: started.attempts,
    run,
    signal: new AbortController().signal,
    async finish(tx) {
      if (!(await finishRun(tx, run))) throw new Error('lease lost');
    },
    async retry(tx, after) {
      if (!(await retryRun(tx, { ...run, ...after }))) throw new Error('lease lost');
    },
  };
  return { context, payload: { delivery_id: deliveryId } };
}

async function setUp() {
  const actor = await bed.newActor();
  const receiver = await startReceiver();
  const { id } = await createWebhook(bed.deps, actor, { url: receiver.url, events: ['decision.created'] });
  await testWebhook(bed.deps, actor, id);
  const delivery = async () => (await listDeliveries(bed.deps, actor, { webhookId: id, limit: 1 })).items[0];
  return { receiver, delivery };
}

describe('webhook.deliver', () => {
  it('delivers and ends its work', async () => {
    const { receiver, delivery } = await setUp();
    const { context, payload } = await beginOne();
    await deliverWebhook.run(context, payload);
    expect(receiver.received).toHaveLength(1);
    expect(await delivery()).toMatchObject({ status: 'delivered' });
    expect(await bed.openWork()).toBe(0);
    await receiver.stop();
  });

  it('puts its work off where the endpoint is away, and ends it as dead when it is given up', async () => {
    const { receiver, delivery } = await setUp();
    await receiver.stop();
    const first = await beginOne();
    await deliverWebhook.run(first.context, first.payload);
    expect(await delivery()).toMatchObject({ status: 'pending', attempts: 1 });
    expect(await bed.openWork()).toBe(1);
    const second = await beginOne();
    await deliverWebhook.giveUp(second.context, second.payload, new Error('no'));
    expect(await delivery()).toMatchObject({
      status: 'dead',
      attempts: 1,
      last_error: expect.stringContaining('given up'),
    });
    expect(await bed.openWork()).toBe(0);
  });

  it('waits longer for each run that failed on our side, up to five minutes', () => {
    expect([1, 2, 3, 100].map(deliverWebhook.backoffMs)).toEqual([10_000, 20_000, 40_000, 300_000]);
  });
});
