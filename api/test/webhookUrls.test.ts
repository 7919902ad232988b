import { afterAll, beforeAll, expect, it } from 'vitest';
import { countRows } from './countRows.ts';
import { exampleWebhook } from './examples.ts';
import { expectProblem } from './expectProblem.ts';
import { startTestApi, type TestApi } from './startTestApi.ts';

let api: TestApi;
let webhookId: string;
beforeAll(async () => {
  api = await startTestApi();
  webhookId = String((await api.call({ path: '/v1/webhooks', json: exampleWebhook() })).body.id);
});
afterAll(() => api.close());

/** Addresses that no webhook may reach, in every form that some program reads as one. */
const HOSTS = [
  '127.0.0.1',
  '127.1',
  '0x7f.1',
  '0x7f000001',
  '2130706433',
  '017700000001',
  '127.0.0.1.',
  '0.0.0.0',
  '0',
  '10.0.0.1',
  '10.1',
  '010.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '192.0.0.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:10.1.2.3]',
  '[64:ff9b::a01:203]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '[fe80::1]',
  '[fc00::1]',
  '[fd00::1]',
  '[ff02::1]',
  '[::127.0.0.1]',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'a.localhost',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '%31%32%37.0.0.1',
];

it.each(HOSTS)('the host %s is refused, for a new webhook and for one that is there', async (host) => {
  const before = await countRows(api.owner);
  for (const url of [`https://${host}/`, `http://${host}:8080/hook?a=b`]) {
    expectProblem(await api.call({ path: '/v1/webhooks', json: exampleWebhook({ url }) }), 'url_refused');
    const change = { path: `/v1/webhooks/${webhookId}`, method: 'PATCH', json: { url } };
    expectProblem(await api.call(change), 'url_refused');
  }
  expect(await countRows(api.owner)).toEqual(before);
  expect((await api.call({ path: `/v1/webhooks/${webhookId}` })).body.url).toBe(exampleWebhook().url);
});

it.each([
  'ftp://receiver.example/',
  'file:///etc/passwd',
  'gopher://receiver.example/',
  'javascript:alert(1)',
  '//receiver.example/',
  '/hook',
  '',
  'https:receiver.example',
  'https:///receiver.example',
  'https://',
  'https://user:secret@receiver.example/',
  'https://user@receiver.example/',
  'https://receiver.example/#fragment',
  'https://receiver.example\\@127.0.0.1/',
  'https://receiver.example\t/',
  'https://receiver.example\n/',
  ' https://receiver.example/',
  'https://receiver.example/\u0000',
  'https://receiver.example:22/',
  'https://receiver.example:0/',
  'https://receiver.example:99999/',
  'https://[::1/',
  'https://[receiver.example]/',
  'https://receiver.example%00.other/',
  `https://receiver.example/${'a'.repeat(2000)}`,
])('the URL %j is refused', async (url) => {
  const before = await countRows(api.owner);
  const reply = await api.call({ path: '/v1/webhooks', json: exampleWebhook({ url }) });
  expectProblem(reply, reply.status === 400 ? 'validation_failed' : 'url_refused');
  expect(await countRows(api.owner)).toEqual(before);
});

it('a URL whose scheme is in capitals is taken, and stored in lower case', async () => {
  const url = 'HTTPS://Receiver.Example/Hook';
  const reply = await api.call({ path: '/v1/webhooks', json: exampleWebhook({ url }) });
  expect([reply.status, reply.body.url]).toEqual([201, 'https://receiver.example/Hook']);
});
