import { TENANT_SCOPES } from '@origin-stack/contract/scopes';
import { generateApiKey } from '@origin-stack/core/domain/keys/apiKey';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../src/routes/index.ts';
import type { Call } from './caller.ts';
import { countRows } from './countRows.ts';
import { GOOD_CALLS, makeThings, type Things } from './everyRoute.ts';
import { expectProblem } from './expectProblem.ts';
import { startTestApi, type TestApi } from './startTestApi.ts';

const NOBODYS: Omit<Things, 'models'> = {
  upload: '0193a1b2-0000-7000-8000-000000000001',
  certificate: '0193a1b2-0000-7000-8000-000000000002',
  policy: '0193a1b2-0000-7000-8000-000000000003',
  pack: '0193a1b2-0000-7000-8000-000000000004',
  webhook: '0193a1b2-0000-7000-8000-000000000005',
  delivery: '0193a1b2-0000-7000-8000-000000000006',
};

const byName = new Map(ROUTES.map((route) => [route.name, route]));
const names = Object.keys(GOOD_CALLS);
const guarded = names.filter((name) => !('public' in (byName.get(name)?.access ?? {})));
const scoped = guarded.filter((name) => 'scope' in (byName.get(name)?.access ?? {}));
/** Routes that name a thing in the path or in the body. */
const naming = [...names.filter((name) => byName.get(name)?.params), 'createEvidencePack'];

let api: TestApi;
let things: Things;
let foreign: Things;

beforeAll(async () => {
  api = await startTestApi();
  things = await makeThings(api, api.tenant);
  foreign = await makeThings(api, api.stranger);
});
afterAll(() => api.close());

const good = (name: string, of: Things = things): Call => {
  const call = GOOD_CALLS[name]?.(of);
  if (!call) throw new Error(`no call for ${name}`);
  return call;
};
const route = (name: string) => byName.get(name)!;
const unchanged = async (work: () => Promise<void>) => {
  const before = await countRows(api.owner);
  await work();
  expect(await countRows(api.owner)).toEqual(before);
};

it('has a call for every route, and no other', () => {
  expect(names.toSorted()).toEqual(ROUTES.map(({ name }) => name).toSorted());
  expect(scoped.length).toBeGreaterThan(20);
});

describe.each(guarded)('%s', (name) => {
  it('refuses a call without a key, and writes nothing', () =>
    unchanged(async () => {
      const reply = await api.call({ ...good(name), key: null });
      expectProblem(reply, 'unauthenticated');
      expect(reply.headers['www-authenticate']).toBe('Bearer realm="origin-stack"');
    }));

  it('refuses a key that nobody was given, and writes nothing', () =>
    unchanged(async () => {
      const { key } = generateApiKey('live');
      expectProblem(await api.call({ ...good(name), key }), 'unauthenticated');
    }));
});

describe.each(scoped)('%s', (name) => {
  it('refuses a key that has every scope but its own, and writes nothing', async () => {
    const { access } = route(name);
    const needed = 'scope' in access ? access.scope : undefined;
    const scopes = TENANT_SCOPES.filter((scope) => scope !== needed);
    const key = await api.makeKey(api.tenant.id, { scopes });
    await unchanged(async () => {
      const reply = await api.call({ ...good(name), key: key.keyValue });
      expectProblem(reply, 'insufficient_scope');
      expect(reply.body.detail).toContain(needed);
    });
  });
});

describe.each(naming)('%s', (name) => {
  it("answers another tenant's id and a malformed one as one that does not exist, and writes nothing", () =>
    unchanged(async () => {
      const nobodys = await api.call(good(name, { ...NOBODYS, models: things.models }));
      const others = await api.call(good(name, foreign));
      expectProblem(nobodys, 'not_found');
      expectProblem(others, 'not_found');
      const silent = (body: object) => ({ ...body, instance: null });
      expect(silent(others.body)).toEqual(silent(nobodys.body));
      expect(others.headerNames).toEqual(nobodys.headerNames);
      if (!route(name).params) return;
      for (const id of ['1', 'x', '%00', '0193A1B2-0000-7000-8000-000000000001', `${things.webhook}%20`]) {
        const wrong = Object.fromEntries(Object.keys(NOBODYS).map((key) => [key, id])) as unknown as Things;
        expectProblem(await api.call(good(name, { ...wrong, models: things.models })), 'not_found');
      }
    }));
});

describe.each([...new Set(ROUTES.map(({ path }) => path))])('%s', (path) => {
  const ofPath = ROUTES.filter((one) => one.path === path);
  const methods = ofPath.map(({ method }) => method as string);

  it('answers 405 with Allow to every method that it has not', async () => {
    const more = [
      ...(methods.includes('GET') ? ['HEAD'] : []),
      ...(ofPath.some((one) => one.forPages) ? ['OPTIONS'] : []),
    ];
    const own = [...methods, ...more];
    const filled = path.replace('{id}', things.webhook);
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      if (own.includes(method)) continue;
      const reply = await api.call({ path: filled, method });
      expectProblem(reply, 'method_not_allowed');
      expect(reply.headers.allow?.split(', ').toSorted()).toEqual(own.toSorted());
    }
  });
});

describe.each(names)('%s', (name) => {
  it('replies as it declares, with a request id and each header field once', async () => {
    const call = good(name);
    const reply = await api.call(call);
    const schema = route(name).replies[reply.status];
    expect({ status: reply.status, isDeclared: schema !== undefined, text: reply.text }).toMatchObject({
      isDeclared: true,
    });
    expect(reply.status).toBeLessThan(300);
    if (schema) schema.parse(reply.body);
    else expect(reply.text).toBe('');
    if (schema) expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(reply.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(reply.headerNames).size).toBe(reply.headerNames.length);
  });
});

describe('security headers', () => {
  const NEEDED = {
    'content-security-policy': /default-src 'none'.*frame-ancestors 'none'/,
    'strict-transport-security': /^max-age=[0-9]{8}/,
    'x-content-type-options': /^nosniff$/,
    'x-frame-options': /^DENY$/,
    'referrer-policy': /^no-referrer$/,
    'cross-origin-resource-policy': /^same-origin$/,
    'cache-control': /^no-store$/,
  };

  it.each([
    ['a reply', 200, { path: '/v1/whoami' }],
    ['a page', 200, { path: '/docs' }],
    ['the document', 200, { path: '/openapi.json' }],
    ['a refusal', 401, { path: '/v1/whoami', key: null }],
    ['a path that does not exist', 404, { path: '/nothing' }],
    ['a path that cannot be decoded', 404, { path: '/v1/uploads/%ff' }],
    ['a method that is not there', 405, { path: '/v1/whoami', method: 'DELETE' }],
  ])('stand once on %s, and nothing says what serves', async (_what, status, call) => {
    const reply = await api.call(call);
    expect(reply.status).toBe(status);
    for (const [name, form] of Object.entries(NEEDED)) {
      expect(reply.headers[name]).toMatch(form);
      expect(reply.headerNames.filter((one) => one === name)).toHaveLength(1);
    }
    expect(reply.headerNames).not.toContain('x-powered-by');
    expect(reply.headerNames).not.toContain('server');
  });
});
