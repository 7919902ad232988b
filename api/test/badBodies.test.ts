import { gzipSync } from 'node:zlib';
import type { ErrorCode } from '@origin-stack/contract/errors';
import type { PolicyCreate } from '@origin-stack/contract/policies';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MAX_BODY_BYTES } from '../src/http/readBody.ts';
import { countRows } from './countRows.ts';
import { exampleIngest, examplePolicy, exampleWebhook } from './examples.ts';
import { expectProblem } from './expectProblem.ts';
import { startTestApi, type TestApi } from './startTestApi.ts';

let api: TestApi;
let before: Record<string, number>;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const ingest = (raw: string | Buffer, headers: Record<string, string> = {}) =>
  api.call({ path: '/v1/ingest', raw, headers });
const text = () => JSON.stringify(exampleIngest());
const models = () => ({
  risk: api.deps.models.all.find(({ kind }) => kind === 'risk')?.version ?? '',
  anomaly: api.deps.models.all.find(({ kind }) => kind === 'anomaly')?.version ?? '',
});

function policyWith(change: (document: PolicyCreate['document']) => unknown): PolicyCreate {
  const policy = examplePolicy(models());
  change(policy.document);
  return policy;
}

/** Puts `member` at the front of an object that the text holds. */
const within = (object: string, member: string) => text().replace(`"${object}":{`, `"${object}":{${member},`);

describe('a refused body leaves every table as it was', () => {
  beforeEach(async () => {
    before = await countRows(api.owner);
  });
  afterEach(async () => {
    expect(await countRows(api.owner)).toEqual(before);
  });

  it.each([
    ['nothing', ''],
    ['a cut object', text().slice(0, -1)],
    ['two values', `${text()}{}`],
    ['single quotes', text().replaceAll('"', "'")],
    ['a trailing comma', text().replace(/\}$/, ',}')],
    ['NaN', within('metadata', '"n":NaN')],
    ['a byte order mark', `\ufeff${text()}`],
    ['invalid UTF-8', Buffer.from(text().replace('spring', '\u00e9'), 'latin1')],
    ['UTF-16', Buffer.from(text(), 'utf16le')],
    ['100,000 levels', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['100,000 levels that are not closed', `{"external_id":${'['.repeat(100_000)}`],
    ['a member twice', text().replace('{', '{"external_id":"other",')],
    ['a member twice in depth', within('content', '"media_type":"text/html"')],
    ['a member twice by an escape', within('account', '"\\u0065xternal_id":"other"')],
    ['a member twice in metadata', within('metadata', '"campaign":"winter"')],
    ['9007199254740993', within('metadata', '"n":9007199254740993')],
    ['-9007199254740993', within('metadata', '"n":-9007199254740993')],
    ['1e400', within('metadata', '"n":1e400')],
    ['a lone surrogate', within('metadata', '"n":"\\ud800"')],
    ['a lone surrogate in a name', within('metadata', '"\\udc00":1')],
    ['a lone surrogate in an id', text().replace('account-1', '\\ud83d')],
    ['__proto__', text().replace('{', '{"__proto__":{"a":1},')],
    ['__proto__ in metadata', within('metadata', '"__proto__":{"a":1}')],
  ])('%s is invalid_json', async (_what, raw) => {
    const reply = await ingest(raw);
    expectProblem(reply, 'invalid_json');
    expect(reply.body.errors).toHaveLength(1);
  });

  it('points at the place in the body', async () => {
    const reply = await ingest(within('metadata', '"n":[1,{"a":9007199254740993}]'));
    expect(reply.body.errors).toEqual([
      { pointer: '/metadata/n/1/a', message: 'is an integer beyond 2^53-1' },
    ]);
  });

  it.each([
    ['an unknown field', text().replace('{', '{"extra":1,'), '/extra'],
    ['an unknown field of the account', within('account', '"admin":true'), '/account/admin'],
    ['an unknown field of the device', within('device', '"os":"x"'), '/device/os'],
    ['constructor', text().replace('{', '{"constructor":{"prototype":{}},'), '/constructor'],
    ['toString', within('account', '"toString":1'), '/account/toString'],
    ['an object in metadata', within('metadata', '"n":{}'), '/metadata/n'],
    ['a number beyond 2^53-1 in metadata', within('metadata', '"n":1e300'), '/metadata/n'],
    ['a name in metadata that is not one', within('metadata', '"A b":1'), '/metadata/A b'],
    ['a null id', text().replace(/"external_id":"[^"]+"/, '"external_id":null'), '/external_id'],
    ['an empty id', text().replace(/"external_id":"[^"]+"/, '"external_id":""'), '/external_id'],
    ['an id of 201 characters', text().replace('account-1', 'a'.repeat(201)), '/account/external_id'],
    ['a bidi override in an id', text().replace('account-1', 'a\u202eb'), '/account/external_id'],
    ['an isolate in a device id', text().replace('device-1', 'a\u2066b'), '/device/external_id'],
    ['a bidi override in the external id', text().replace('upload-', 'a\\u202eb'), '/external_id'],
    ['a control of C1 in the external id', text().replace('upload-', 'a\u009bb'), '/external_id'],
    ['a NUL in an id', text().replace('account-1', 'a\\u0000b'), '/account/external_id'],
    ['a NUL in the external id', text().replace('upload-', 'a\\u0000b'), '/external_id'],
    ['a NUL in a device id', text().replace('device-1', '\\u0000'), '/device/external_id'],
    ['a NUL in a name of metadata', within('metadata', '"a\\u0000":1'), '/metadata/a\u0000'],
    ['a NUL in a media type', text().replace('image/png', 'image/\\u0000'), '/content/media_type'],
    ['a date that does not exist', text().replace('2024-05-01', '2023-02-29'), '/account/created_at'],
    ['a leap second within a month', text().replace('10:00:00Z', '23:59:60Z'), '/account/created_at'],
    ['a time without an offset', text().replace('10:00:00Z', '10:00:00'), '/account/created_at'],
    ['a year before 1900', text().replace('2024-', '1899-'), '/account/created_at'],
    ['a policy id that is not one', text().replace('{', '{"policy_id":"1",'), '/policy_id'],
    ['content of two kinds', within('content', '"text":"x"'), '/content'],
    ['a negative size', text().replace('"size_bytes":7', '"size_bytes":-1'), '/content/size_bytes'],
    ['a size with a fraction', text().replace('"size_bytes":7', '"size_bytes":7.5'), '/content/size_bytes'],
    ['an array', '[]', ''],
    ['null', 'null', ''],
    ['a string', '"text"', ''],
  ])('%s is validation_failed', async (_what, raw, pointer) => {
    const reply = await ingest(raw);
    expectProblem(reply, 'validation_failed');
    expect(reply.body.errors?.map((error) => error.pointer)).toContain(pointer);
  });

  it.each([
    [
      'an account of the future',
      '/v1/ingest',
      () => exampleIngest({ account: { external_id: 'future', created_at: '2099-12-31T23:59:59Z' } }),
      '/account/created_at',
    ],
    [
      'a size that is not the content’s',
      '/v1/ingest',
      () => exampleIngest({ content: { text: 'x', media_type: 'text/plain', size_bytes: 2 } }),
      '/content/size_bytes',
    ],
    [
      'an inverted threshold',
      '/v1/policies',
      () => policyWith((document) => Object.assign(document.thresholds.anomaly, { review: 1 })),
      '/document/thresholds/anomaly/review',
    ],
    [
      'a rule named as the engine’s default',
      '/v1/policies',
      () => policyWith((document) => Object.assign(document.rules[0] ?? {}, { name: 'default' })),
      '/document/rules/0/name',
    ],
    [
      'two rules of one name',
      '/v1/policies',
      () => policyWith((document) => document.rules.push(...document.rules)),
      '/document/rules/1/name',
    ],
    [
      'a model that is not loaded',
      '/v1/policies',
      () => policyWith((document) => Object.assign(document, { risk_model_version: 'risk-0' })),
      '/document/risk_model_version',
    ],
  ])('%s is unprocessable, with its place', async (_what, path, make, pointer) => {
    const reply = await api.call({ path, json: make() });
    expectProblem(reply, 'unprocessable');
    expect(reply.body.errors?.map((error) => error.pointer)).toEqual([pointer]);
  });

  const places: [string, () => unknown][] = [
    ['/v1/ingest', () => exampleIngest()],
    ['/v1/policies', () => examplePolicy(models())],
    ['/v1/evidence-packs', () => ({ upload_id: '0193a1b2-0000-7000-8000-000000000001' })],
    ['/v1/webhooks', () => exampleWebhook()],
  ];
  it.each(places)('a wrong type in any place of %s, and any field more, is refused', async (path, make) => {
    const wrong = [null, true, 1.5, 'wrong\u0000', [], {}, [[]]];
    let tried = 0;
    for (const mutant of mutants(make(), wrong)) {
      if (isHarmless(mutant)) continue;
      const reply = await api.call({ path, json: mutant.value });
      tried += 1;
      expect({ at: mutant.at, status: reply.status, text: reply.text }).toMatchObject({ status: 400 });
      expectProblem(reply, 'validation_failed');
    }
    expect(tried).toBeGreaterThan(6);
  });

  it.each([
    ['text/plain', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['another charset', 'application/json; charset=latin1'],
    ['another charset in quotes', 'application/json; charset="utf-16"'],
    ['an empty charset', 'application/json; charset='],
    ['a charset and another type', 'application/json; charset=utf-8, text/html'],
    ['no subtype', 'application'],
    ['a parameter alone', ';charset=utf-8'],
    ['a suffix', 'application/merge-patch+json'],
    ['two types', 'application/json, text/html'],
    ['none', ''],
  ])('the content type %s is refused', async (_what, type) => {
    expectProblem(await ingest(text(), { 'Content-Type': type }), 'unsupported_media_type');
  });

  it.each(['gzip', 'br', 'deflate', 'compress', 'identity, gzip'])(
    'the encoding %s is refused',
    async (encoding) => {
      const bytes = gzipSync(text());
      expectProblem(await ingest(bytes, { 'Content-Encoding': encoding }), 'unsupported_media_type');
    },
  );

  it('a body of 1 MiB and a byte is refused, announced or not, and the connection is not used again', async () => {
    const large = Buffer.alloc(MAX_BODY_BYTES + 1, ' ');
    const announced = await ingest(large);
    expectProblem(announced, 'body_too_large');
    expect(announced.headers.connection).toBe('close');
    const chunked = await ingest(large, { 'Transfer-Encoding': 'chunked' });
    expectProblem(chunked, 'body_too_large');
  });
});

describe('what is not refused', () => {
  it('a body of exactly 1 MiB is read', async () => {
    const body = exampleIngest({ content: { text: '', media_type: 'text/plain' } });
    const room = MAX_BODY_BYTES - JSON.stringify(body).length;
    const full = { ...body, content: { text: 'x'.repeat(room), media_type: 'text/plain' } };
    expect(JSON.stringify(full)).toHaveLength(MAX_BODY_BYTES);
    const reply = await api.call({ path: '/v1/ingest', json: full });
    expect(reply.status).toBe(201);
  });

  it.each([
    ['NUL in the text of the content', { content: { text: 'a\u0000b', media_type: 'text/plain' } }],
    ['NUL in a value of metadata', { metadata: { note: 'a\u0000b' } }],
    ['constructor as a name in metadata', { metadata: { constructor: 'x', prototype: 'y' } }],
    [
      'the largest offset of RFC 3339',
      { account: { external_id: 'far-east', created_at: '2024-05-01T10:00:00+23:59' } },
    ],
    [
      'the smallest offset',
      { account: { external_id: 'far-west', created_at: '2024-05-01T10:00:00-23:59' } },
    ],
    [
      'more digits of a second than are kept',
      { account: { external_id: 'fine', created_at: '2024-05-01T10:00:00.12345678901234567890Z' } },
    ],
    [
      'a leap second, with small letters',
      { account: { external_id: 'leap', created_at: '2016-12-31t23:59:60z' } },
    ],
    ['characters beyond the basic plane', { external_id: '😀'.repeat(200) }],
  ])('%s is taken, and the upload is there', async (_what, change) => {
    const body = exampleIngest(change as Parameters<typeof exampleIngest>[0]);
    const reply = await api.call({ path: '/v1/ingest', json: body });
    expect({ status: reply.status, text: reply.text }).toMatchObject({ status: 201 });
    const upload = await api.call({ path: `/v1/uploads/${reply.body.upload_id}` });
    expect(upload.body).toMatchObject({ upload_id: reply.body.upload_id, external_id: body.external_id });
  });

  it.each([
    'application/json',
    'application/json;charset=utf-8',
    'Application/JSON ; charset="UTF-8"',
    'application/json;',
    'application/json ; ; charset=utf-8;',
    'application/json; Charset=UTF8',
    'application/json; charset="ut\\f-8"',
    'application/json; version=1; charset=utf-8; profile="a;charset=latin1"',
  ])('the content type %s is JSON', async (type) => {
    expect((await ingest(text(), { 'Content-Type': type })).status).toBe(201);
  });
});

describe('a NUL in the detail of a rule', () => {
  it('is refused, since no reason could ever be stored with it', async () => {
    const code: ErrorCode = 'validation_failed';
    expectProblem(await api.call({ path: '/v1/policies', json: examplePolicy(models(), 'a\u0000b') }), code);
    for (const detail of ['a\u001bb', 'a\u202eb', 'a\u0085b']) {
      const reply = await api.call({ path: '/v1/policies', json: examplePolicy(models(), detail) });
      expectProblem(reply, code);
      expect(reply.body.errors).toEqual([
        { pointer: '/document/rules/0/detail', message: expect.any(String) },
      ]);
    }
    expect((await api.call({ path: '/v1/models/status' })).status).toBe(200);
  });
});

interface Mutant {
  at: string;
  given: unknown;
  wrong: unknown;
  value: unknown;
}

/** The value with each of its parts, at any depth, replaced by each of the wrong ones, and with a field more. */
function* mutants(value: unknown, wrong: unknown[], at = ''): Generator<Mutant> {
  for (const one of wrong) yield { at, given: value, wrong: one, value: one };
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value) && !at.startsWith('/metadata')) {
    yield { at: `${at}/extra_field`, given: undefined, wrong: 1, value: { ...value, extra_field: 1 } };
  }
  for (const [name, member] of Object.entries(value)) {
    for (const mutant of mutants(member, wrong, `${at}/${name}`)) {
      const copy = structuredClone(value) as Record<string, unknown>;
      copy[name] = mutant.value;
      yield { ...mutant, value: copy };
    }
  }
}

/** Replacements that the schema takes, and that another test looks at. */
function isHarmless({ at, given, wrong }: Mutant): boolean {
  if (/^\/metadata\//.test(at))
    return wrong === null || ['boolean', 'number', 'string'].includes(typeof wrong);
  if (at === '/metadata') return JSON.stringify(wrong) === '{}';
  if (at === '/document/rules') return JSON.stringify(wrong) === '[]';
  if (at.endsWith('/detail') || at.endsWith('_model_version')) return typeof wrong === 'string';
  return Object.is(given, wrong);
}
