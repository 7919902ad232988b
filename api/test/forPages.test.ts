import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROUTES } from '../src/routes/index.ts';
import { expectProblem } from './expectProblem.ts';
import { startTestApi, type TestApi } from './startTestApi.ts';

const JWKS = '/.well-known/jwks.json';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

test.each(['GET', 'HEAD'])(
  'a page of any origin reads the public keys by %s, and a cache keeps them for 5 minutes',
  async (method) => {
    const reply = await api.call({
      path: JWKS,
      method,
      key: null,
      headers: { Origin: 'https://reader.example' },
    });
    expect(reply.status).toBe(200);
    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'public, max-age=300, stale-if-error=86400',
    });
    expect(new Set(reply.headerNames).size).toBe(reply.headerNames.length);
  },
);

test('a browser that asks first is told what it may send', async () => {
  const headers = { Origin: 'https://reader.example', 'Access-Control-Request-Method': 'GET' };
  const reply = await api.call({ path: JWKS, method: 'OPTIONS', key: null, headers });
  expect({ status: reply.status, text: reply.text }).toEqual({ status: 204, text: '' });
  expect(reply.headers).toMatchObject({
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, HEAD',
    'access-control-allow-headers': '*',
  });
});

test('a refusal there can be read by the page too, and no cache keeps it', async () => {
  const reply = await api.call({ path: JWKS, method: 'DELETE', key: null });
  expectProblem(reply, 'method_not_allowed');
  expect(reply.headers).toMatchObject({ 'access-control-allow-origin': '*', 'cache-control': 'no-store' });
});

test('nothing that wants a key is open to pages, or kept by caches', async () => {
  for (const { access, forPages, name } of ROUTES)
    if (forPages) expect(access, name).toHaveProperty('public');
  const reply = await api.call({ path: '/v1/keys/jwks.json', headers: { Origin: 'https://reader.example' } });
  expect(reply.status).toBe(200);
  expect(reply.headers['cache-control']).toBe('no-store');
  expect(reply.headerNames).not.toContain('access-control-allow-origin');
});
