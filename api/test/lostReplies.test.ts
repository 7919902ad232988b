import { OriginClient } from '@origin-stack/sdk/originClient';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { countRows } from './countRows.ts';
import { exampleIngest, examplePolicy, exampleWebhook } from './examples.ts';
import { startTestApi, type TestApi } from './startTestApi.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

/** A client whose first call is carried out, and whose reply to it is lost. */
function losing(): OriginClient {
  let calls = 0;
  return clientBy(async (...request) => {
    const reply = await fetch(...request);
    calls += 1;
    if (calls > 1) return reply;
    await reply.arrayBuffer();
    throw new TypeError('the connection broke');
  });
}

const clientBy = (send: typeof fetch) =>
  new OriginClient({
    baseUrl: `http://127.0.0.1:${api.port}`,
    apiKey: api.tenant.key.keyValue,
    fetch: send,
  });

let last = 0;
const once = () => ({ idempotencyKey: `lost-${++last}` });

/** How many rows a call added, table by table; those that keep replies for a key left out. */
async function added(call: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await countRows(api.owner);
  await call();
  const after = await countRows(api.owner);
  const grown = Object.entries(after).map(([table, count]) => [table, count - (before[table] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([table, more]) => more !== 0 && table !== 'idempotency_keys'));
}

it('a call that is repeated under its key has the effect of one', async () => {
  const { upload_id } = await clientBy(fetch).ingest(exampleIngest());
  const webhook = await clientBy(fetch).createWebhook(exampleWebhook());
  const { models } = await clientBy(fetch).getModelsStatus();
  const version = (kind: string) => models.find((model) => model.kind === kind)?.version ?? '';
  const policy = examplePolicy({ risk: version('risk'), anomaly: version('anomaly') });
  const calls: ((client: OriginClient) => Promise<unknown>)[] = [
    (client) => client.createPolicy({ ...policy, name: `images-${last}` }, once()),
    (client) => client.createEvidencePack({ upload_id }, once()),
    (client) => client.createWebhook(exampleWebhook(), once()),
    (client) => client.testWebhook(webhook.id, once()),
  ];
  for (const call of calls) {
    const effect = await added(() => call(clientBy(fetch)));
    expect(Object.keys(effect)).not.toEqual([]);
    expect(await added(() => call(losing()))).toEqual(effect);
  }
  const body = exampleIngest();
  const decided = await losing().ingest(body);
  expect(await clientBy(fetch).ingest(body)).toEqual(decided);
});

it('a secret whose reply was lost is not shown again, and another can be made', async () => {
  const made = await losing().createWebhook(exampleWebhook(), once());
  expect(made.secret).toBeNull();
  const rotated = await losing().rotateWebhookSecret(made.id, {}, once());
  expect(rotated).toMatchObject({ id: made.id, secret: null });
  expect((await clientBy(fetch).rotateWebhookSecret(made.id)).secret).toMatch(/^whsec_/);
});

it('a webhook is deleted by a call whose reply was lost', async () => {
  const { id } = await clientBy(fetch).createWebhook(exampleWebhook());
  expect(await losing().deleteWebhook(id)).toBeUndefined();
  await expect(clientBy(fetch).deleteWebhook(id)).rejects.toMatchObject({ code: 'not_found' });
});
