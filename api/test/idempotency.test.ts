import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Call } from './caller.ts';
import { countRows } from './countRows.ts';
import { exampleIngest, exampleWebhook } from './examples.ts';
import { expectProblem } from './expectProblem.ts';
import { startTestApi, type TestApi } from './startTestApi.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

let last = 0;
const newKey = () => `key-${++last}`;
const webhook = (idempotencyKey: string, more: Partial<Call> = {}) =>
  api.call({
    path: '/v1/webhooks',
    json: exampleWebhook(),
    headers: { 'Idempotency-Key': idempotencyKey },
    ...more,
  });
const webhooks = async () => (await countRows(api.owner)).webhooks ?? 0;

describe('a POST with an Idempotency-Key', () => {
  it('is carried out once; its repetition gets the first reply, without the secret', async () => {
    const key = newKey();
    const before = await webhooks();
    const first = await webhook(key);
    const second = await webhook(key);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(first.body.secret).toMatch(/^whsec_/);
    expect(second.body).toEqual({ ...first.body, secret: null });
    expect([first, second].map(({ headers }) => headers['idempotency-replayed'])).toEqual([
      undefined,
      'true',
    ]);
    expect(second.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
    expect(await webhooks()).toBe(before + 1);
    const stored = await api.owner('idempotency_keys').where({ key }).first('reply_json');
    expect(stored.reply_json).not.toContain('whsec_');
  });

  it('takes a body that says the same in another order', async () => {
    const key = newKey();
    const { url, events } = exampleWebhook();
    const first = await webhook(key, { raw: JSON.stringify({ url, events }) });
    const second = await webhook(key, {
      raw: `{ "events":${JSON.stringify(events)}, "url":${JSON.stringify(url)} }`,
    });
    expect(second.body.id).toBe(first.body.id);
  });

  it('is refused with another body, and on another path', async () => {
    const key = newKey();
    await webhook(key);
    const before = await countRows(api.owner);
    expectProblem(
      await webhook(key, { json: exampleWebhook({ description: 'other' }) }),
      'idempotency_conflict',
    );
    expectProblem(await webhook(key, { path: '/v1/ingest', json: exampleIngest() }), 'idempotency_conflict');
    expect(await countRows(api.owner)).toEqual(before);
  });

  it('belongs to its tenant and its credential', async () => {
    const key = newKey();
    const other = await api.makeKey(api.tenant.id);
    const ids = [];
    for (const credential of [api.tenant.key, other, api.stranger.key]) {
      const reply = await webhook(key, { key: credential.keyValue });
      expect(reply.status).toBe(201);
      ids.push(reply.body.id);
    }
    expect(new Set(ids).size).toBe(3);
  });

  it('that was refused is not kept, so that it can be mended', async () => {
    const key = newKey();
    expectProblem(await webhook(key, { json: { url: 'x' } }), 'validation_failed');
    expectProblem(await webhook(key, { json: exampleWebhook({ url: 'http://127.0.0.1/' }) }), 'url_refused');
    expect(await api.owner('idempotency_keys').where({ key })).toEqual([]);
    expect((await webhook(key)).status).toBe(201);
  });

  it.each([
    ['empty', ''],
    ['with a space', 'a b'],
    ['of 256 characters', 'a'.repeat(256)],
    ['of other characters', 'caf\u00e9'],
  ])('is refused where the key is %s', async (_what, key) => {
    const before = await countRows(api.owner);
    expectProblem(await webhook(key), 'validation_failed');
    expect(await countRows(api.owner)).toEqual(before);
  });

  it('of 255 characters is taken', async () => {
    expect((await webhook('~'.repeat(255))).status).toBe(201);
  });

  it('is refused with Retry-After while the same one is at work', async () => {
    const key = newKey();
    const blocked = await api.makeTenant('blocked');
    const send = () =>
      api.call({
        path: '/v1/ingest',
        key: blocked.key.keyValue,
        json: body,
        headers: { 'Idempotency-Key': key },
      });
    const body = exampleIngest();
    let first: ReturnType<typeof send> | undefined;
    // The head of the ledger is held, so that the first stays at work until it is let go.
    await api.owner.transaction(async (tx) => {
      await tx('ledger_heads').where({ tenant_id: blocked.id }).forUpdate().first();
      first = send();
      await waitForKey(key);
      const second = await send();
      expectProblem(second, 'idempotency_in_flight');
      expect(Number(second.headers['retry-after'])).toBeGreaterThan(0);
    });
    const done = await first;
    expect(done?.status).toBe(201);
    expect((await send()).body).toEqual(done?.body);
  });

  it('sent fifty times at once has one effect, and every reply is the first or says to wait', async () => {
    const key = newKey();
    const before = await webhooks();
    const replies = await Promise.all(Array.from({ length: 50 }, () => webhook(key)));
    expect(await webhooks()).toBe(before + 1);
    expect(replies.filter(({ body }) => body.secret).map(({ status }) => status)).toEqual([201]);
    for (const reply of replies) {
      if (reply.status !== 201) expectProblem(reply, 'idempotency_in_flight');
    }
    expect(new Set(replies.filter(({ status }) => status === 201).map(({ body }) => body.id)).size).toBe(1);
  });
});

/** Until the request that holds the key has begun. */
async function waitForKey(key: string): Promise<void> {
  await eventually(async () => (await api.owner('idempotency_keys').where({ key })).length === 1);
}

describe('an external id', () => {
  const ingest = (json: unknown, key = api.tenant.key) =>
    api.call({ path: '/v1/ingest', json, key: key.keyValue });

  it('with the same body again gives the same reply, and writes nothing', async () => {
    const body = exampleIngest();
    const first = await ingest(body);
    const before = await countRows(api.owner);
    const second = await ingest(body);
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body).toEqual(first.body);
    expect(await countRows(api.owner)).toEqual(before);
  });

  it('with another body is refused, whatever differs, and writes nothing', async () => {
    const body = exampleIngest();
    await ingest(body);
    const before = await countRows(api.owner);
    for (const change of [
      { account: { external_id: 'new-account' } },
      { device: undefined },
      { metadata: { campaign: 'summer' } },
      { content: { ...body.content, size_bytes: 8 } },
      { policy_id: api.tenant.policyId },
    ]) {
      expectProblem(await ingest({ ...body, ...change }), 'external_id_conflict');
    }
    expect(await countRows(api.owner)).toEqual(before);
  });

  it("is each tenant's own", async () => {
    const body = exampleIngest();
    const own = await ingest(body);
    const others = await ingest(body, api.stranger.key);
    expect([own.status, others.status]).toEqual([201, 201]);
    expect(others.body.upload_id).not.toBe(own.body.upload_id);
  });

  it('sent fifty times at once makes one upload, one certificate and one event, and gets one reply', async () => {
    const tenant = await api.makeTenant('crowd');
    const body = exampleIngest();
    const replies = await Promise.all(Array.from({ length: 50 }, () => ingest(body, tenant.key)));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([
      ...Array.from({ length: 49 }, () => 200),
      201,
    ]);
    for (const { body: given } of replies) expect(given).toEqual(replies[0]?.body);
    const count = async (table: string, where: object) =>
      Number((await api.owner(table).where(where).count('* as count').first())?.count);
    expect(await count('uploads', { tenant_id: tenant.id })).toBe(1);
    expect(await count('certificates', { tenant_id: tenant.id })).toBe(1);
    expect(await count('subjects', { tenant_id: tenant.id })).toBe(2);
    expect(await count('ledger_events', { tenant_id: tenant.id, event_type: 'decision.created' })).toBe(1);
    const verified = await api.call({ path: '/v1/ledger/verify', key: tenant.key.keyValue });
    expect(verified.body).toMatchObject({ valid: true, first_bad_sequence: null });
  });
});
