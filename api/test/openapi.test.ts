import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ROUTED_SCOPES, TENANT_SCOPES } from '@origin-stack/contract/scopes';
import { OriginClient } from '@origin-stack/sdk/originClient';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../src/routes/index.ts';
import { startTestApi, type TestApi } from './startTestApi.ts';

interface Operation {
  operationId: string;
  description?: string;
  security: object[];
  parameters: { name: string; in: string }[];
  requestBody?: { required: boolean };
  responses: Record<string, { content?: Record<string, unknown> }>;
}

let api: TestApi;
let paths: Record<string, Record<string, Operation>>;
beforeAll(async () => {
  api = await startTestApi();
  paths = (await api.call({ path: '/openapi.json', key: null })).body.paths as typeof paths;
});
afterAll(() => api.close());

describe('/openapi.json', () => {
  it('has every route and no other', () => {
    const documented = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(
        ([method, { operationId }]) => `${operationId} ${method.toUpperCase()} ${path}`,
      ),
    );
    const declared = ROUTES.map(({ name, method, path }) => `${name} ${method} ${path}`);
    expect(documented.toSorted()).toEqual(declared.toSorted());
    expect(new Set(ROUTES.map(({ name }) => name)).size).toBe(ROUTES.length);
  });

  it('asks for each scope that keys are made with, and for no other', () => {
    const asked = ROUTES.flatMap(({ access }) => ('scope' in access ? [access.scope] : []));
    expect([...new Set(asked)].sort()).toEqual(ROUTED_SCOPES.toSorted());
  });

  it.each(ROUTES.map((route) => [route.name, route] as const))(
    'says of %s what it needs and gives',
    (_name, route) => {
      const operation = paths[route.path]?.[route.method.toLowerCase()];
      const isPublic = 'public' in route.access;
      expect(operation?.security).toEqual(isPublic ? [] : [{ bearer: [] }, { apiKey: [] }]);
      if ('scope' in route.access) {
        expect(TENANT_SCOPES).toContain(route.access.scope);
        expect(operation?.description).toContain(`\`${route.access.scope}\``);
      }
      const inPath = operation?.parameters.filter((one) => one.in === 'path').map(({ name }) => `{${name}}`);
      expect(inPath).toEqual(route.path.match(/\{\w+\}/g) ?? []);
      expect(operation?.requestBody?.required).toBe(route.body ? true : undefined);
      const statuses = Object.keys(operation?.responses ?? {});
      expect(statuses).toEqual(expect.arrayContaining([...Object.keys(route.replies), '500', '503']));
      if (!isPublic) expect(statuses).toEqual(expect.arrayContaining(['401', '403']));
    },
  );
});

describe('the pages', () => {
  it('show every route and every error, and load nothing', async () => {
    const page = await api.call({ path: '/docs', key: null });
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    for (const route of ROUTES) {
      expect(page.text).toContain(`<section id="${route.name}">`);
      expect(page.text).toContain(`<code>${route.path}</code>`);
    }
    const errors = await api.call({ path: '/docs/errors', key: null });
    const linked = [...page.text.matchAll(/\/docs\/errors#(\w+)/g)].map((match) => match[1]);
    for (const code of new Set(linked)) expect(errors.text).toContain(`<section id="${code}">`);
    expect(page.text + errors.text).not.toMatch(/<script|src=|url\(|@import/);
  });
});

describe('the SDK', () => {
  /** Methods that are made of others. */
  const COMPOSED = ['constructor', 'waitForEvidencePack', 'downloadArtifact', 'ledgerEvents'];
  const ID = '0193a1b2-0000-7000-8000-000000000001';

  it('has a method for every route of a tenant, and for no other', async () => {
    const called: string[] = [];
    const client = new OriginClient({
      baseUrl: 'http://api.example',
      apiKey: 'key',
      maxRetries: 0,
      fetch: async (input, init) => {
        const { pathname } = new URL(input instanceof Request ? input.url : input);
        called.push(`${init?.method} ${pathname.replace(ID, '{id}')}`);
        return Response.json({});
      },
    });
    const methods = Object.getOwnPropertyNames(OriginClient.prototype).filter(
      (name) => !COMPOSED.includes(name),
    );
    for (const name of methods) {
      const method = (client as unknown as Record<string, (...input: unknown[]) => Promise<unknown>>)[name]!;
      // Whatever a method makes of an empty reply: what it asked for is looked at.
      await method.call(client, takesId(name) ? ID : {}, {}).catch(() => undefined);
    }
    const routes = ROUTES.filter(({ path }) => path.startsWith('/v1/'));
    expect(called.toSorted()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).toSorted());
  });

  const takesId = (name: string) =>
    /^(get(?!Jwks|Models)|update|delete|rotate|test|listDeliveries|replay)/.test(name);
});

/** The virtual environment that `api/schemathesis/run.sh --install` makes, and what it writes there last. */
const VENV = new URL('../../.stack/venv-schemathesis/', import.meta.url);
const PYTHON = fileURLToPath(new URL('bin/python', VENV));
const hasValidator = existsSync(new URL('origin-stack-requirements.txt', VENV));

it.skipIf(!hasValidator)('an independent validator finds the document to be OpenAPI 3.1', async () => {
  const program =
    'import sys, json, openapi_spec_validator as v; d = json.load(sys.stdin); v.OpenAPIV31SpecValidator(d).validate(); print(d["openapi"])';
  const { text } = await api.call({ path: '/openapi.json', key: null });
  const validate = async (document: string) => {
    const running = promisify(execFile)(PYTHON, ['-c', program]);
    running.child.stdin?.end(document);
    return (await running).stdout.trim();
  };
  expect(await validate(text)).toBe('3.1.0');
  await expect(
    validate(text.replace('"responses"', '"replies"').replace('"info"', '"about"')),
  ).rejects.toThrow();
});
