import { newWebhookSecret } from '@origin-stack/core/domain/webhooks/webhookSecret';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Call } from './caller.ts';
import { exampleIngest, examplePolicy, exampleWebhook } from './examples.ts';
import { expectProblem } from './expectProblem.ts';
import { startTestApi, type TestApi } from './startTestApi.ts';

let api: TestApi;
/** What is sent in a wrong place; neither is what the request is authenticated by. */
let secrets: [kind: string, value: string][];
beforeAll(async () => {
  api = await startTestApi();
  const { keyValue } = await api.makeKey(api.tenant.id);
  secrets = [
    ['an API key', keyValue],
    ['an API key in longer text', `key:${keyValue}:end`],
    ['an API key without its end', keyValue.slice(0, -7)],
    ['a webhook secret', newWebhookSecret()],
  ];
});
afterAll(() => api.close());

/** Whether any column of any table holds a text. */
async function isStored(text: string): Promise<boolean> {
  const { rows: tables } = await api.owner.raw(
    "select tablename as name from pg_tables where schemaname = 'public'",
  );
  for (const { name } of tables) {
    const { rows } = await api.owner.raw('select 1 from ?? t where position(? in t::text) > 0', [name, text]);
    if (rows.length > 0) return true;
  }
  return false;
}

async function refused(call: Call, secret: string) {
  const reply = await api.call(call);
  expect(JSON.stringify([reply.text, reply.headers])).not.toContain(secret);
  expect(await isStored(secret)).toBe(false);
  return reply;
}

describe('a key or a secret of ours', () => {
  it.each(['X-Correlation-Id', 'Idempotency-Key', 'X-Request-Id', 'User-Agent', 'Referer', 'From'])(
    'in the field %s is refused, and neither repeated nor kept',
    async (name) => {
      for (const [kind, secret] of secrets) {
        const call = { path: '/v1/ingest', json: exampleIngest(), headers: { [name]: secret } };
        const reply = await refused(call, secret);
        expectProblem(reply, 'malformed_request');
        expect({ kind, detail: reply.body.detail }).toMatchObject({
          detail: expect.stringContaining(name.toLowerCase()),
        });
        // What the log calls the request.
        expect(reply.headers['x-correlation-id']).toBe(reply.headers['x-request-id']);
      }
    },
  );

  it('in the field that authenticates is what is looked for, and a prefix tells nothing', async () => {
    const { key } = api.tenant;
    const headers = { 'X-Correlation-Id': `ok_live_${key.prefix}`, 'X-API-Key': key.keyValue };
    const reply = await api.call({ path: '/v1/whoami', key: null, headers });
    expect(reply.status).toBe(200);
    expect(reply.headers['x-correlation-id']).toBe(`ok_live_${key.prefix}`);
  });

  const ingestWith = (change: object) => ({ path: '/v1/ingest', json: { ...exampleIngest(), ...change } });
  const content = { text: 'x', media_type: 'text/plain' };
  const places: [pointer: string, call: (secret: string) => Call][] = [
    ['/external_id', (secret) => ingestWith({ external_id: secret })],
    ['/account/external_id', (secret) => ingestWith({ account: { external_id: secret } })],
    ['/device/external_id', (secret) => ingestWith({ device: { external_id: secret } })],
    ['/content/pvid', (secret) => ingestWith({ content: { ...content, pvid: secret } })],
    [
      '/document/rules/0/detail',
      (secret) => ({ path: '/v1/policies', json: examplePolicy({ risk: 'r', anomaly: 'a' }, secret) }),
    ],
    [
      '/document/risk_model_version',
      (secret) => ({ path: '/v1/policies', json: examplePolicy({ risk: secret, anomaly: 'a' }) }),
    ],
    ['/description', (secret) => ({ path: '/v1/webhooks', json: exampleWebhook({ description: secret }) })],
    [
      '/url',
      (secret) => ({ path: '/v1/webhooks', json: exampleWebhook({ url: `https://a.example/?k=${secret}` }) }),
    ],
  ];
  it.each(places)('as %s is refused with its place, and neither repeated nor kept', async (pointer, call) => {
    for (const [, secret] of secrets) {
      const reply = await refused(call(secret), secret);
      expectProblem(reply, 'validation_failed');
      expect(reply.body.errors?.map((error) => error.pointer)).toContain(pointer);
    }
  });
});
