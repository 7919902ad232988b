import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWebhookBed, type WebhookBed } from '../../infra/webhookSender/test/openWebhookBed.ts';
import type { DomainError } from '../domainError.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { createWebhook } from './createWebhook.ts';
import { listDeliveries } from './listDeliveries.ts';
import { publishEvents } from './publishEvents.ts';
import { testWebhook } from './testWebhook.ts';
import { updateWebhook } from './updateWebhook.ts';
import { deleteWebhookRow } from './webhookStore.ts';

let bed: WebhookBed;
beforeAll(async () => {
  bed = await openWebhookBed();
});
afterAll(() => bed.close());

const event = { type: 'decision.created' as const, data: { upload_id: 'u' }, correlationId: 'c-1' };
const url = 'https://hook.example/';

describe('publishEvents', () => {
  it('hands an event to the active webhooks that ask for it, and to no other', async () => {
    const actor = await bed.newActor();
    const asking = await createWebhook(bed.deps, actor, { url, events: ['decision.created'] });
    const silent = await createWebhook(bed.deps, actor, { url, events: ['evidence.ready'] });
    const disabled = await createWebhook(bed.deps, actor, { url, events: ['decision.created'] });
    await updateWebhook(bed.deps, actor, { id: disabled.id, is_active: false });
    const { tenantId } = actor;
    await inTenant(bed.deps.db, tenantId, (tx) => publishEvents(bed.deps, { tx, tenantId }, [event]));
    const counts = [];
    for (const { id } of [asking, silent, disabled]) {
      counts.push((await listDeliveries(bed.deps, actor, { webhookId: id, limit: 10 })).items.length);
    }
    expect(counts).toEqual([1, 0, 0]);
  });

  it('leaves nothing where its transaction is rolled back', async () => {
    const actor = await bed.newActor();
    const { id } = await createWebhook(bed.deps, actor, { url, events: ['decision.created'] });
    const { tenantId } = actor;
    const rolledBack = inTenant(bed.deps.db, tenantId, async (tx) => {
      await publishEvents(bed.deps, { tx, tenantId }, [event]);
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    expect((await listDeliveries(bed.deps, actor, { webhookId: id, limit: 10 })).items).toEqual([]);
    expect(await bed.owner('outbox').where({ tenant_id: tenantId })).toEqual([]);
  });

  it('does not fail the decision whose webhook is deleted at the same moment', async () => {
    const actor = await bed.newActor();
    const { id } = await createWebhook(bed.deps, actor, { url, events: ['decision.created'] });
    const { tenantId } = actor;
    const { published } = await inTenant(bed.deps.db, tenantId, async (deleting) => {
      await deleteWebhookRow(deleting, { tenantId, id });
      const decision = inTenant(bed.deps.db, tenantId, (tx) =>
        publishEvents(bed.deps, { tx, tenantId }, [event]),
      );
      const settled = decision.then(
        () => 'published',
        (error: Error) => error.message,
      );
      await eventually(async () => (await bed.waiting()) === 1);
      return { published: settled };
    });
    expect(await published).toBe('published');
    expect(await bed.owner('webhook_events').where({ tenant_id: tenantId })).toEqual([]);
  });
});

it('a test of a webhook that is deleted at the same moment is told that there is none', async () => {
  const actor = await bed.newActor();
  const { id } = await createWebhook(bed.deps, actor, { url, events: ['decision.created'] });
  const { tenantId } = actor;
  const { tested } = await inTenant(bed.deps.db, tenantId, async (deleting) => {
    await deleteWebhookRow(deleting, { tenantId, id });
    const settled = testWebhook(bed.deps, actor, id).catch((error: DomainError) => error);
    await eventually(async () => (await bed.waiting()) === 1);
    return { tested: settled };
  });
  expect(await tested).toMatchObject({ code: 'not_found' });
});
