import { createHmac } from 'node:crypto';
import { WebhookEvent } from '@origin-stack/contract/webhooks';
import { verifyWebhook } from '@origin-stack/sdk/verifyWebhook';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openWebhookBed, type WebhookBed } from '../../infra/webhookSender/test/openWebhookBed.ts';
import { type Answer, type Receiver, startReceiver } from '../../infra/webhookSender/test/startReceiver.ts';
import type { Actor } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { createWebhook } from './createWebhook.ts';
import { listDeliveries } from './listDeliveries.ts';
import { publishEvents } from './publishEvents.ts';
import { rotateWebhookSecret } from './rotateWebhookSecret.ts';
import { testWebhook } from './testWebhook.ts';

let bed: WebhookBed;
beforeAll(async () => {
  bed = await openWebhookBed();
});
afterAll(() => bed.close());

const receivers: Receiver[] = [];
afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.stop();
});

async function setUp(answer?: Answer) {
  const receiver = await startReceiver(answer);
  receivers.push(receiver);
  const actor = await bed.newActor();
  const webhook = await createWebhook(bed.deps, actor, { url: receiver.url, events: ['decision.created'] });
  return { receiver, actor, webhook, secret: webhook.secret ?? '' };
}

const only = async (actor: Actor, webhookId: string) =>
  (await listDeliveries(bed.deps, actor, { webhookId, limit: 10 })).items[0];

const headersOf = (receiver: Receiver, at = 0) => receiver.received[at]?.headers as Record<string, string>;
const bodyOf = (receiver: Receiver, at = 0) => receiver.received[at]?.body ?? '';

/** The signature as interfaces.md states it, made without our own signing code. */
const originSignature = (secret: string, timestamp: string, body: string) => {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  return `sha256=${createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex')}`;
};

describe('what a receiver gets', () => {
  it('is signed over its exact bytes so that standardwebhooks, the SDK and a bare HMAC accept it', async () => {
    const { receiver, actor, secret } = await setUp();
    const { tenantId } = actor;
    const data = { detail: 'ü " \\ \u2028', n: 0.1 };
    const event = { type: 'decision.created' as const, data, correlationId: 'from-the-caller' };
    await inTenant(bed.deps.db, tenantId, (tx) => publishEvents(bed.deps, { tx, tenantId }, [event]));
    expect(await bed.deliverAll()).toEqual(['delivered']);
    const [headers, body] = [headersOf(receiver), bodyOf(receiver)];
    expect(() => new StandardWebhook(secret).verify(body, headers)).not.toThrow();
    expect(() => new StandardWebhook(secret).verify(`${body} `, headers)).toThrow();
    await verifyWebhook({ secret, headers, rawBody: body });
    expect(headers['x-origin-signature']).toBe(
      originSignature(secret, headers['x-origin-timestamp'] ?? '', body),
    );
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-correlation-id': 'from-the-caller',
      'x-origin-event-id': headers['webhook-id'],
      'x-origin-timestamp': headers['webhook-timestamp'],
    });
    const sent = WebhookEvent.parse(JSON.parse(body));
    expect(Object.keys(sent)).toEqual(['id', 'type', 'created_at', 'tenant_id', 'data']);
    expect(sent).toMatchObject({
      id: headers['webhook-id'],
      type: 'decision.created',
      tenant_id: tenantId,
      data,
    });
  });

  it('has at each attempt a new time and signature, and the same id and bytes', async () => {
    const { receiver, actor, webhook, secret } = await setUp((response) => response.writeHead(500).end());
    await testWebhook(bed.deps, actor, webhook.id);
    expect(await bed.deliverAll()).toEqual(['retrying']);
    bed.passSeconds(10);
    expect(await bed.deliverAll()).toEqual(['retrying']);
    const [first, second] = [headersOf(receiver, 0), headersOf(receiver, 1)];
    expect(second['webhook-id']).toBe(first['webhook-id']);
    expect(bodyOf(receiver, 1)).toBe(bodyOf(receiver, 0));
    expect(Number(second['webhook-timestamp']) - Number(first['webhook-timestamp'])).toBe(10);
    expect(second['x-origin-signature']).toBe(
      originSignature(secret, second['webhook-timestamp'] ?? '', bodyOf(receiver, 1)),
    );
    await bed.owner('webhooks').where({ id: webhook.id }).delete();
    await bed.deliverAll();
  });
});

describe('while two secrets are valid', () => {
  it('both sign, X-Origin-Signature by the older one until it retires', async () => {
    const { receiver, actor, webhook, secret: older } = await setUp();
    const { id } = webhook;
    const newer = (await rotateWebhookSecret(bed.deps, actor, { id, overlapSeconds: 60 })).secret ?? '';
    await testWebhook(bed.deps, actor, id);
    await bed.deliverAll();
    bed.passSeconds(61);
    await testWebhook(bed.deps, actor, id);
    await bed.deliverAll();
    const [during, after] = [headersOf(receiver, 0), headersOf(receiver, 1)];
    for (const secret of [older, newer]) new StandardWebhook(secret).verify(bodyOf(receiver, 0), during);
    expect(during['webhook-signature']?.split(' ')).toHaveLength(2);
    expect(during['x-origin-signature']).toBe(
      originSignature(older, during['webhook-timestamp'] ?? '', bodyOf(receiver, 0)),
    );
    const nowMs = bed.deps.clock.epochMs();
    const check = (secret: string) =>
      verifyWebhook({ secret, headers: after, rawBody: bodyOf(receiver, 1), now: new Date(nowMs) });
    await expect(check(newer)).resolves.toMatchObject({ type: 'webhook.test' });
    await expect(check(older)).rejects.toMatchObject({ code: 'signature_mismatch' });
    expect(after['x-origin-signature']).toBe(
      originSignature(newer, after['webhook-timestamp'] ?? '', bodyOf(receiver, 1)),
    );
  });

  it('an overlap of 0 retires the old secret at once', async () => {
    const { receiver, actor, webhook, secret: older } = await setUp();
    await rotateWebhookSecret(bed.deps, actor, { id: webhook.id, overlapSeconds: 0 });
    await testWebhook(bed.deps, actor, webhook.id);
    await bed.deliverAll();
    expect(headersOf(receiver)['webhook-signature']?.split(' ')).toHaveLength(1);
    expect(() => new StandardWebhook(older).verify(bodyOf(receiver), headersOf(receiver))).toThrow();
  });
});

describe('what is recorded', () => {
  it('a 2xx ends the delivery and its work', async () => {
    const { actor, webhook } = await setUp((response) => response.writeHead(202).end('thanks'));
    const accepted = await testWebhook(bed.deps, actor, webhook.id);
    expect(await bed.deliverAll()).toEqual(['delivered']);
    expect(await only(actor, webhook.id)).toMatchObject({
      id: accepted.delivery_id,
      event_id: accepted.event_id,
      event_type: 'webhook.test',
      status: 'delivered',
      attempts: 1,
      last_status: 202,
      last_error: null,
      next_attempt_at: null,
      delivered_at: bed.deps.clock.now(),
    });
    expect(await bed.openWork()).toBe(0);
  });

  it.each([
    [400, 'HTTP status 400'],
    [404, 'HTTP status 404'],
    [429, 'HTTP status 429'],
    [500, 'HTTP status 500'],
    [302, 'redirect: HTTP status 302: redirects are not followed'],
  ])('a %i is a failure that is tried again after 10 s', async (status, error) => {
    const { actor, webhook } = await setUp((response) =>
      response.writeHead(status, { location: 'http://169.254.169.254/' }).end(),
    );
    await testWebhook(bed.deps, actor, webhook.id);
    expect(await bed.deliverAll()).toEqual(['retrying']);
    const delivery = await only(actor, webhook.id);
    expect(delivery).toMatchObject({
      status: 'pending',
      attempts: 1,
      last_status: status,
      last_error: error,
    });
    expect(Date.parse(delivery?.next_attempt_at ?? '')).toBe(bed.deps.clock.epochMs() + 10_000);
    const work = await bed.owner('outbox').where({ tenant_id: actor.tenantId }).first();
    expect(work).toMatchObject({ done_at: null, running: null, last_error: error });
    expect(Date.parse(work.available_at) - Date.now()).toBeGreaterThan(5_000);
    await bed.owner('webhooks').where({ id: webhook.id }).delete();
    expect(await bed.deliverAll()).toEqual(['nothing_to_do']);
  });

  it('Retry-After puts the next attempt off', async () => {
    const { actor, webhook } = await setUp((response) =>
      response.writeHead(503, { 'retry-after': '600' }).end(),
    );
    await testWebhook(bed.deps, actor, webhook.id);
    await bed.deliverAll();
    const delivery = await only(actor, webhook.id);
    expect(Date.parse(delivery?.next_attempt_at ?? '')).toBe(bed.deps.clock.epochMs() + 600_000);
    await bed.owner('webhooks').where({ id: webhook.id }).delete();
    await bed.deliverAll();
  });

  it('an endpoint that is not there, and one that leads inside, are named by kind', async () => {
    const { actor, webhook, receiver } = await setUp();
    await receiver.stop();
    await testWebhook(bed.deps, actor, webhook.id);
    await bed.deliverAll();
    expect(await only(actor, webhook.id)).toMatchObject({
      last_status: null,
      last_error: 'connection: ECONNREFUSED',
    });
    await bed.owner('webhooks').where({ id: webhook.id }).update({ url: 'http://10.0.0.1/' });
    await bed.deliverAll();
    const delivery = await only(actor, webhook.id);
    expect(delivery?.last_error).toMatch(/^refused_address: /);
    expect(delivery?.attempts).toBe(2);
    await bed.owner('webhooks').where({ id: webhook.id }).delete();
    await bed.deliverAll();
  });
});
