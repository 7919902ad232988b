import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleIngest, exampleWebhook } from './examples.ts';
import { expectProblem } from './expectProblem.ts';
import { startTestApi, type TestApi } from './startTestApi.ts';

let api: TestApi;
let webhookId: string;
beforeAll(async () => {
  api = await startTestApi();
  for (const key of [api.tenant.key, api.stranger.key]) {
    for (let made = 0; made < 3; made += 1) {
      await api.call({ path: '/v1/ingest', json: exampleIngest(), key: key.keyValue });
      const { body } = await api.call({ path: '/v1/webhooks', json: exampleWebhook(), key: key.keyValue });
      if (key === api.tenant.key) webhookId = String(body.id);
    }
  }
});
afterAll(() => api.close());

const LISTS = ['/v1/uploads', '/v1/webhooks', '/v1/policies', '/v1/ledger/events'];
const cursorOf = (text: string) => Buffer.from(text).toString('base64url');
const idOf = (item: Record<string, unknown>) => item.upload_id ?? item.id ?? item.sequence;

describe.each(LISTS)('%s', (path) => {
  it.each([
    '0',
    '201',
    '-1',
    'abc',
    '1e2',
    '0x10',
    '05',
    '1.5',
    '%205',
    '5%20',
    '',
    'NaN',
    '9007199254740993',
    '5&limit=6',
  ])('refuses the limit %s', async (limit) => {
    const reply = await api.call({ path: `${path}?limit=${limit}` });
    expectProblem(reply, 'validation_failed');
    expect(reply.body.errors?.[0]?.pointer).toBe('/limit');
  });

  it('takes a limit from 1 to 200', async () => {
    expect((await api.call({ path: `${path}?limit=1` })).body.items).toHaveLength(1);
    expect((await api.call({ path: `${path}?limit=200` })).status).toBe(200);
  });

  it('refuses a parameter that it does not know', async () => {
    expectProblem(await api.call({ path: `${path}?limit=5&offset=1` }), 'validation_failed');
    expectProblem(await api.call({ path: `${path}?__proto__=1` }), 'validation_failed');
  });

  it('refuses a cursor that no list gave', async () => {
    const list = path.split('/')[2];
    const forged = [
      cursorOf(`${list}:1e3`),
      cursorOf(`${list}:abc`),
      cursorOf(`${list}:-1`),
      cursorOf(`${list}:99999999999999999999`),
      cursorOf(`${list}:9007199254740993`),
      cursorOf(`${list}:`),
      cursorOf(list ?? ''),
      cursorOf(`${list}:' or 1=1 --`),
      cursorOf(`nothing:0193a1b2-0000-7000-8000-000000000001`),
      'AAAA',
      '____',
      'x'.repeat(400),
    ];
    for (const cursor of forged) {
      expectProblem(await api.call({ path: `${path}?cursor=${cursor}` }), 'unprocessable');
    }
    for (const cursor of ['', '%00', 'a=b', 'a%2bb', 'x'.repeat(401)]) {
      expectProblem(await api.call({ path: `${path}?cursor=${cursor}` }), 'validation_failed');
    }
  });

  it('gives every item once, page by page, and a cursor of it leads to no other list and to no other tenant', async () => {
    const whole = (await api.call({ path: `${path}?limit=200` })).body.items?.map(idOf) ?? [];
    const paged: unknown[] = [];
    const cursors: string[] = [];
    let next: string | null | undefined;
    do {
      const reply = await api.call({ path: `${path}?limit=1${next ? `&cursor=${next}` : ''}` });
      paged.push(...(reply.body.items ?? []).map(idOf));
      next = reply.body.next_cursor;
      if (next) cursors.push(next);
    } while (next && paged.length <= whole.length);
    expect(paged).toEqual(whole);
    for (const cursor of cursors.slice(0, 1)) {
      for (const other of LISTS.filter((one) => one !== path)) {
        expectProblem(await api.call({ path: `${other}?cursor=${cursor}` }), 'unprocessable');
      }
      const foreign = await api.call({ path: `${path}?cursor=${cursor}`, key: api.stranger.key.keyValue });
      const theirs =
        (await api.call({ path: `${path}?limit=200`, key: api.stranger.key.keyValue })).body.items ?? [];
      expect(foreign.status).toBe(200);
      const seen = JSON.stringify(foreign.body.items);
      expect(theirs.map((item) => JSON.stringify(item)).filter((item) => seen.includes(item))).toHaveLength(
        foreign.body.items?.length ?? -1,
      );
    }
  });
});

it('deliveries refuse the cursor of another list and of nobody', async () => {
  for (const cursor of [cursorOf('deliveries:1'), cursorOf(`uploads:${webhookId}`)]) {
    expectProblem(
      await api.call({ path: `/v1/webhooks/${webhookId}/deliveries?cursor=${cursor}` }),
      'unprocessable',
    );
  }
});
