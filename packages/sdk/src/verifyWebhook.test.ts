import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { signWebhook, type WebhookHeaders } from './signWebhook.ts';
import { verifyWebhook } from './verifyWebhook.ts';
import { WebhookVerificationError } from './webhookVerificationError.ts';

type Vector = {
  name: string;
  secrets: string[];
  event_id: string;
  timestamp_seconds: number;
  raw_body_base64: string;
  webhook_signature: string;
  x_origin_signature: string;
};
const vectors: Vector[] = JSON.parse(
  readFileSync(new URL('../vectors/webhook.json', import.meta.url), 'utf8'),
);
const secret = vectors[0]!.secrets[0]!;
const otherSecret = vectors[1]!.secrets[1]!;
const eventId = '0190f5a0-0000-7000-8000-000000000001';
const event = { id: eventId, type: 'webhook.test', created_at: 'now', tenant_id: 't', data: {} };
const rawBody = JSON.stringify(event);
const nowSeconds = () => Math.floor(Date.now() / 1000);

function sign(change: { timestampSeconds?: number; body?: string; secrets?: string[]; id?: string } = {}) {
  return signWebhook({
    secrets: change.secrets ?? [secret],
    eventId: change.id ?? eventId,
    timestampSeconds: change.timestampSeconds ?? nowSeconds(),
    rawBody: change.body ?? rawBody,
  });
}

function originOnly(headers: WebhookHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('X-')));
}

function refusal(input: Parameters<typeof verifyWebhook>[0]): Promise<string> {
  return verifyWebhook(input).then(
    () => 'accepted',
    (error: unknown) => (error instanceof WebhookVerificationError ? error.code : String(error)),
  );
}

describe('signWebhook and verifyWebhook on vectors computed elsewhere', () => {
  it.each(vectors)('agree on: $name', async (vector) => {
    const bytes = Buffer.from(vector.raw_body_base64, 'base64');
    const headers = await signWebhook({
      secrets: vector.secrets,
      eventId: vector.event_id,
      timestampSeconds: vector.timestamp_seconds,
      rawBody: bytes,
    });
    expect(headers).toEqual({
      'X-Origin-Event-Id': vector.event_id,
      'X-Origin-Timestamp': String(vector.timestamp_seconds),
      'X-Origin-Signature': vector.x_origin_signature,
      'webhook-id': vector.event_id,
      'webhook-timestamp': String(vector.timestamp_seconds),
      'webhook-signature': vector.webhook_signature,
    });
    const now = new Date(vector.timestamp_seconds * 1000);
    for (const one of vector.secrets) {
      expect(await verifyWebhook({ secret: one, headers, rawBody: bytes, now })).toEqual(
        JSON.parse(bytes.toString()),
      );
    }
    expect(
      (await verifyWebhook({ secrets: vector.secrets, headers: originOnly(headers), rawBody: bytes, now }))
        .id,
    ).toBe(vector.event_id);
  });
});

describe('signWebhook', () => {
  it('signs what the standardwebhooks package verifies, with either secret of a rotation', async () => {
    const headers = await sign({ secrets: [secret, otherSecret] });
    for (const one of [secret, otherSecret]) expect(new Webhook(one).verify(rawBody, headers)).toEqual(event);
    expect(() => new Webhook(vectors[2]!.secrets[0]!.replace('/', 'A')).verify(rawBody, headers)).toThrow();
  });

  it('keeps X-Origin-Signature by the older secret during a rotation', async () => {
    const timestampSeconds = nowSeconds();
    const before = await sign({ timestampSeconds });
    const during = await sign({ timestampSeconds, secrets: [secret, otherSecret] });
    expect(during['X-Origin-Signature']).toBe(before['X-Origin-Signature']);
    expect(during['webhook-signature'].split(' ')).toHaveLength(2);
  });

  it('refuses an id with a dot, a time that is not whole, no secret and a body that was parsed', async () => {
    await expect(sign({ id: 'a.b' })).rejects.toThrow(TypeError);
    await expect(sign({ timestampSeconds: 1.5 })).rejects.toThrow(TypeError);
    await expect(sign({ secrets: [] })).rejects.toThrow(TypeError);
    await expect(sign({ body: event as unknown as string })).rejects.toThrow(TypeError);
    await expect(sign({ secrets: ['whsec_c2hvcnQ='] })).rejects.toMatchObject({ code: 'invalid_secret' });
  });
});

describe('verifyWebhook', () => {
  it('accepts what the standardwebhooks package signs', async () => {
    const at = new Date();
    const headers = new Headers({
      'webhook-id': eventId,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(eventId, at, rawBody),
    });
    expect(await verifyWebhook({ secret, headers, rawBody })).toEqual(event);
  });

  it('takes the bytes of another realm, and no other view of them', async () => {
    const headers = await sign();
    const foreign = (view: string) =>
      runInNewContext(`new ${view}(new Uint8Array(bytes).buffer)`, { bytes: [...Buffer.from(rawBody)] });
    expect(foreign('Uint8Array')).not.toBeInstanceOf(Uint8Array);
    expect(await verifyWebhook({ secret, headers, rawBody: foreign('Uint8Array') })).toEqual(event);
    for (const view of ['DataView', 'Int8Array'])
      await expect(verifyWebhook({ secret, headers, rawBody: foreign(view) })).rejects.toThrow('exact body');
  });

  it('passes over signatures of unknown versions beside a good one', async () => {
    const headers = await sign();
    headers['webhook-signature'] = `v1a,AAAA ${headers['webhook-signature']} v2,BBBB`;
    expect(await refusal({ secret, headers, rawBody })).toBe('accepted');
  });

  it('accepts a delivery whose time is exactly the tolerance away, and refuses one second more', async () => {
    const now = new Date(1_700_000_000_999);
    const at = (offset: number) => sign({ timestampSeconds: 1_700_000_000 + offset });
    for (const [offset, code] of [
      [-300, 'accepted'],
      [-301, 'timestamp_too_old'],
      [300, 'accepted'],
      [301, 'timestamp_too_new'],
    ] as const) {
      const headers = await at(offset);
      expect(await refusal({ secret, headers, rawBody, now })).toBe(code);
      expect(await refusal({ secret, headers: originOnly(headers), rawBody, now })).toBe(code);
    }
  });

  it('refuses every body that differs in one byte, in both schemes', async () => {
    const headers = await sign();
    const bytes = new TextEncoder().encode(rawBody);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (index, flip) => {
        const changed = bytes.slice();
        changed[index]! ^= flip;
        expect(await refusal({ secret, headers, rawBody: changed })).toBe('signature_mismatch');
        expect(await refusal({ secret, headers: originOnly(headers), rawBody: changed })).toBe(
          'signature_mismatch',
        );
      }),
    );
  });

  it('refuses another secret, another time, another id and a cut signature', async () => {
    const headers = await sign();
    const bad = (change: Record<string, string>) =>
      refusal({ secret, headers: { ...headers, ...change }, rawBody });
    expect(await refusal({ secret: otherSecret, headers, rawBody })).toBe('signature_mismatch');
    expect(await bad({ 'webhook-timestamp': String(nowSeconds() + 1) })).toBe('signature_mismatch');
    expect(await bad({ 'webhook-id': 'other' })).toBe('signature_mismatch');
    expect(await bad({ 'webhook-signature': headers['webhook-signature'].slice(0, -1) })).toBe(
      'signature_mismatch',
    );
    expect(await bad({ 'webhook-signature': 'v1,' })).toBe('signature_mismatch');
  });

  it('never falls back to X-Origin-* when a part of the standard headers is there', async () => {
    const headers: Record<string, string> = { ...(await sign()) };
    delete headers['webhook-signature'];
    expect(await refusal({ secret, headers, rawBody })).toBe('missing_headers');
    headers['webhook-signature'] = 'v1,AAAA';
    expect(await refusal({ secret, headers, rawBody })).toBe('signature_mismatch');
  });

  it('refuses an X-Origin delivery replayed under a new event id', async () => {
    const headers = { ...originOnly(await sign()), 'X-Origin-Event-Id': 'fresh' };
    expect(await refusal({ secret, headers, rawBody })).toBe('event_id_mismatch');
  });

  it('refuses missing, doubled and malformed headers before any key is used', async () => {
    const headers = await sign();
    const bad = (change: Record<string, string | string[]>) =>
      refusal({ secret, headers: { ...headers, ...change }, rawBody });
    expect(await refusal({ secret, headers: {}, rawBody })).toBe('missing_headers');
    expect(await bad({ 'Webhook-Id': eventId })).toBe('invalid_headers');
    expect(await bad({ 'webhook-id': [eventId, eventId] })).toBe('invalid_headers');
    expect(await bad({ 'webhook-id': 'a.b' })).toBe('invalid_headers');
    for (const time of ['1e3', ' 1', '-1', '1.5', 'NaN', '01', '9'.repeat(20)]) {
      expect(await bad({ 'webhook-timestamp': time })).toBe('invalid_headers');
    }
  });

  it('refuses a signed body that is not an event', async () => {
    for (const body of [
      '',
      'null',
      '[]',
      '{"id":1}',
      JSON.stringify({ ...event, data: [] }),
      `\ufeff${rawBody}`,
    ]) {
      expect(await refusal({ secret, headers: await sign({ body }), rawBody: body })).toBe('invalid_body');
    }
  });

  it('says that the call is wrong for no secret, a parsed body, a tolerance or a time that is no number', async () => {
    const headers = await sign();
    const wrong = (change: object) => verifyWebhook({ secret, headers, rawBody, ...change } as never);
    await expect(wrong({ secret: undefined, secrets: [] })).rejects.toThrow(TypeError);
    await expect(wrong({ rawBody: event })).rejects.toThrow('exact body');
    await expect(wrong({ toleranceSeconds: Number.NaN })).rejects.toThrow(TypeError);
    await expect(wrong({ now: new Date('nonsense') })).rejects.toThrow(TypeError);
  });

  it('refuses a malformed secret without repeating it', async () => {
    const headers = await sign();
    for (const bad of ['', 'whsec_', secret.slice(6), `${secret}AAAA`, `${secret.slice(0, -2)}9=`]) {
      const error = await verifyWebhook({ secret: bad, headers, rawBody }).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'invalid_secret' });
      if (bad.length > 10) expect(String(error)).not.toContain(bad.slice(6));
    }
  });
});
