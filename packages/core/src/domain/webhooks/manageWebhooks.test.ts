import type { WebhookCreate } from '@origin-stack/contract/webhooks';
import { Webhook, WebhookCreated, WebhookSecretRotated } from '@origin-stack/contract/webhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWebhookBed, type WebhookBed } from '../../infra/webhookSender/test/openWebhookBed.ts';
import { createWebhook } from './createWebhook.ts';
import { deleteWebhook } from './deleteWebhook.ts';
import { listDeliveries } from './listDeliveries.ts';
import { getWebhook, listWebhooks } from './readWebhooks.ts';
import { replayDelivery } from './replayDelivery.ts';
import { rotateWebhookSecret } from './rotateWebhookSecret.ts';
import { testWebhook } from './testWebhook.ts';
import { updateWebhook } from './updateWebhook.ts';

let bed: WebhookBed;
beforeAll(async () => {
  bed = await openWebhookBed();
});
afterAll(() => bed.close());

const input: WebhookCreate = { url: 'https://hook.example/a', events: ['decision.created'] };

describe('createWebhook', () => {
  it('makes at most 50 for a tenant, also where many are asked for at once', async () => {
    const actor = await bed.newActor();
    const asked = await Promise.allSettled(
      Array.from({ length: 53 }, () => createWebhook(bed.deps, actor, input)),
    );
    const refused = asked.filter((one) => one.status === 'rejected');
    expect(refused.map(({ reason }) => reason.code)).toEqual([
      'unprocessable',
      'unprocessable',
      'unprocessable',
    ]);
    expect(await createWebhook(bed.deps, await bed.newActor(), input)).toMatchObject({ is_active: true });
  });

  it('shows the secret once: 32 bytes behind whsec_, and only sealed in the database', async () => {
    const actor = await bed.newActor();
    const created = await createWebhook(bed.deps, actor, { ...input, description: 'ours' });
    expect(WebhookCreated.parse(created)).toMatchObject({
      url: input.url,
      description: 'ours',
      is_active: true,
    });
    const secret = created.secret ?? '';
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { secret: _, ...shown } = created;
    expect(Webhook.parse(await getWebhook(bed.deps, actor, created.id))).toEqual(shown);
    const row = await bed.owner('webhooks').where({ id: created.id }).first();
    const bytes = Buffer.from(secret.slice('whsec_'.length), 'base64');
    expect(row.secret.includes(bytes) || row.secret.includes(secret)).toBe(false);
    expect(await bed.deps.secrets.open(`webhook-secret:${actor.tenantId}:${created.id}`, row.secret)).toBe(
      secret,
    );
  });

  it('keeps an event that was named twice once', async () => {
    const events: WebhookCreate['events'] = ['evidence.ready', 'decision.created', 'evidence.ready'];
    const created = await createWebhook(bed.deps, await bed.newActor(), { ...input, events });
    expect(created.events).toEqual(['evidence.ready', 'decision.created']);
  });

  it('refuses a URL inside, and writes nothing', async () => {
    const actor = await bed.newActor();
    const refused = createWebhook(bed.deps, actor, { ...input, url: 'http://10.0.0.1/' });
    await expect(refused).rejects.toMatchObject({ code: 'url_refused' });
    expect((await listWebhooks(bed.deps, actor, { limit: 10 })).items).toEqual([]);
  });
});

describe('updateWebhook', () => {
  it('changes what is given and leaves the rest, and an empty change changes nothing', async () => {
    const actor = await bed.newActor();
    const { secret: _, ...created } = await createWebhook(bed.deps, actor, { ...input, description: 'old' });
    const change = { id: created.id, url: 'https://other.example/b', is_active: false };
    const changed = { ...created, url: 'https://other.example/b', is_active: false };
    expect(await updateWebhook(bed.deps, actor, change)).toEqual(changed);
    expect(await updateWebhook(bed.deps, actor, { id: created.id })).toEqual(changed);
  });

  it('refuses a URL inside and keeps the old one', async () => {
    const actor = await bed.newActor();
    const { id } = await createWebhook(bed.deps, actor, input);
    const refused = updateWebhook(bed.deps, actor, { id, url: 'http://169.254.169.254/' });
    await expect(refused).rejects.toMatchObject({ code: 'url_refused' });
    expect(await getWebhook(bed.deps, actor, id)).toMatchObject({ url: input.url });
  });

  it('wakes a disabled webhook without its reason and with a new failure clock', async () => {
    const actor = await bed.newActor();
    const { id } = await createWebhook(bed.deps, actor, input);
    const failed = { is_active: false, disabled_reason: 'gone', failing_since: bed.deps.clock.now() };
    await bed.owner('webhooks').where({ id }).update(failed);
    const woken = await updateWebhook(bed.deps, actor, { id, is_active: true });
    expect(woken).toMatchObject({ is_active: true, disabled_reason: null });
    expect(await bed.owner('webhooks').where({ id }).first()).toMatchObject({ failing_since: null });
  });
});

describe('rotateWebhookSecret', () => {
  it('gives another secret and says when the old one retires', async () => {
    const actor = await bed.newActor();
    const { id, secret } = await createWebhook(bed.deps, actor, input);
    const rotated = await rotateWebhookSecret(bed.deps, actor, { id, overlapSeconds: 3600 });
    expect(WebhookSecretRotated.parse(rotated).secret).not.toBe(secret);
    expect(Date.parse(rotated.old_secret_retires_at)).toBe(bed.deps.clock.epochMs() + 3_600_000);
  });
});

describe('the lists', () => {
  it('show every webhook once, the newest first, page by page', async () => {
    const actor = await bed.newActor();
    const made: string[] = [];
    for (let i = 0; i < 5; i += 1) made.push((await createWebhook(bed.deps, actor, input)).id);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listWebhooks(bed.deps, actor, { limit: 2, cursor });
      seen.push(...page.items.map((webhook) => webhook.id));
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    expect(seen).toEqual(made.reverse());
  });

  it('page deliveries of one webhook and refuse a cursor of another list', async () => {
    const actor = await bed.newActor();
    const { id } = await createWebhook(bed.deps, actor, input);
    const other = await createWebhook(bed.deps, actor, input);
    const accepted = [];
    for (let i = 0; i < 3; i += 1) accepted.push(await testWebhook(bed.deps, actor, id));
    await testWebhook(bed.deps, actor, other.id);
    const first = await listDeliveries(bed.deps, actor, { webhookId: id, limit: 2 });
    const cursor = first.next_cursor ?? '';
    const second = await listDeliveries(bed.deps, actor, { webhookId: id, limit: 2, cursor });
    const ids = [...first.items, ...second.items].map((delivery) => delivery.id);
    expect(ids).toEqual(accepted.map((one) => one.delivery_id).reverse());
    expect(second.next_cursor).toBeNull();
    await expect(listWebhooks(bed.deps, actor, { limit: 2, cursor })).rejects.toMatchObject({
      code: 'unprocessable',
    });
  });
});

describe('another tenant', () => {
  it('learns nothing of a webhook or a delivery and changes neither', async () => {
    const [actor, stranger] = [await bed.newActor(), await bed.newActor()];
    const { id } = await createWebhook(bed.deps, actor, input);
    const { delivery_id } = await testWebhook(bed.deps, actor, id);
    const tries = [
      () => getWebhook(bed.deps, stranger, id),
      () => updateWebhook(bed.deps, stranger, { id, is_active: false }),
      () => updateWebhook(bed.deps, stranger, { id }),
      () => deleteWebhook(bed.deps, stranger, id),
      () => rotateWebhookSecret(bed.deps, stranger, { id, overlapSeconds: 0 }),
      () => testWebhook(bed.deps, stranger, id),
      () => listDeliveries(bed.deps, stranger, { webhookId: id, limit: 10 }),
      () => replayDelivery(bed.deps, stranger, delivery_id),
    ];
    for (const one of tries) await expect(one()).rejects.toMatchObject({ code: 'not_found' });
    expect((await listWebhooks(bed.deps, stranger, { limit: 10 })).items).toEqual([]);
    expect(await getWebhook(bed.deps, actor, id)).toMatchObject({ is_active: true });
  });
});

describe('deleteWebhook', () => {
  it('takes the deliveries along, and a second call finds nothing', async () => {
    const actor = await bed.newActor();
    const { id } = await createWebhook(bed.deps, actor, input);
    await testWebhook(bed.deps, actor, id);
    await deleteWebhook(bed.deps, actor, id);
    expect(await bed.owner('webhook_deliveries').where({ webhook_id: id })).toEqual([]);
    await expect(deleteWebhook(bed.deps, actor, id)).rejects.toMatchObject({ code: 'not_found' });
  });
});
