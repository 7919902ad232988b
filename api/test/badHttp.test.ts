import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countRows } from './countRows.ts';
import { exampleIngest } from './examples.ts';
import { expectProblem } from './expectProblem.ts';
import { rawExchange, statusesIn } from './rawExchange.ts';
import { startTestApi, type TestApi } from './startTestApi.ts';

const TIMEOUTS = { headersMs: 400, requestMs: 800, checkEveryMs: 50 };

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ timeouts: TIMEOUTS });
});
afterAll(() => api.close());

const BODY = JSON.stringify(exampleIngest());
const post = (fields: string, body: string) =>
  `POST /v1/ingest HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\n` +
  `Authorization: Bearer ${api.tenant.key.keyValue}\r\n${fields}\r\n${body}`;
const get = (fields: string) => `GET /v1/whoami HTTP/1.1\r\n${fields}\r\n`;
const SMUGGLED = 'GET /v1/whoami HTTP/1.1\r\nHost: api\r\n\r\n';
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

/** The one reply on a connection that the server then closed. */
async function onlyReply(bytes: string) {
  const { ended } = await rawExchange(api.port, bytes);
  const text = await ended();
  expect(statusesIn(text)).toHaveLength(1);
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { status: statusesIn(text)[0], head: head.toLowerCase(), problem: JSON.parse(body) };
}

describe('a message that two programs would part differently', () => {
  it.each([
    [
      'both lengths',
      () => post('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
    ],
    [
      'both lengths the other way',
      () => post('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', `${chunk(BODY)}0\r\n\r\n`),
    ],
    ['a coding that is not known', () => post('Transfer-Encoding: xchunked\r\n', `${chunk(BODY)}0\r\n\r\n`)],
    ['codings behind chunked', () => post('Transfer-Encoding: chunked, gzip\r\n', `${chunk(BODY)}0\r\n\r\n`)],
    ['a list of codings with an empty end', () => post('Transfer-Encoding: chunked,\r\n', '0\r\n\r\n')],
    ['chunked twice', () => post('Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n')],
    ['codings without a comma', () => post('Transfer-Encoding: gzip chunked\r\n', '0\r\n\r\n')],
    [
      'a coding that is not known, for a path that does not exist',
      () => 'GET /nowhere HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
    ],
    ['a space before the colon', () => post('Transfer-Encoding : chunked\r\n', `${chunk(BODY)}0\r\n\r\n`)],
    ['two codings', () => post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', '0\r\n\r\n')],
    ['two lengths', () => post('Content-Length: 2\r\nContent-Length: 3\r\n', '{}x')],
    ['a signed length', () => post('Content-Length: +2\r\n', '{}')],
    ['a negative length', () => post('Content-Length: -1\r\n', '')],
    ['a chunk size that is none', () => post('Transfer-Encoding: chunked\r\n', `0x2\r\n{}\r\n0\r\n\r\n`)],
    [
      'a chunk with an endless extension',
      () => post('Transfer-Encoding: chunked\r\n', `2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`),
    ],
    ['a folded field', () => get('Host: api\r\nX-A: b\r\n c\r\n')],
    ['lines without CR', () => 'GET /v1/whoami HTTP/1.1\nHost: api\n\n'],
    ['NUL in a field', () => get('Host: api\r\nX-A: a\u0000b\r\n')],
    ['no Host', () => get('')],
    ['two Hosts', () => get('Host: api\r\nHost: other\r\n')],
    [
      'two Authorizations',
      () =>
        get(`Host: api\r\nAuthorization: Bearer ${api.tenant.key.keyValue}\r\nAuthorization: Bearer x\r\n`),
    ],
    ['two X-API-Keys', () => get(`Host: api\r\nX-API-Key: ${api.tenant.key.keyValue}\r\nx-api-key: x\r\n`)],
    ['another protocol', () => '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n\r\n'],
    ['HTTP/2 without having agreed on it', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a method that is none', () => 'FOO /v1/whoami HTTP/1.1\r\nHost: api\r\n\r\n'],
  ])('%s is refused once as malformed, and nothing behind it is answered', async (_what, make) => {
    const before = await countRows(api.owner);
    const closing = make().replace(/^(GET [^\r]*\r\n)/, '$1Connection: close\r\n');
    const { status, head, problem } = await onlyReply(closing);
    expect({ status, error: problem.error }).toEqual({ status: 400, error: 'malformed_request' });
    expect(head).toContain('content-type: application/problem+json');
    expect(head).toContain(`x-request-id: ${problem.instance}`);
    expect(head).toContain('x-content-type-options: nosniff');
    expect(await countRows(api.owner)).toEqual(before);
  });
});

describe('a transfer coding beside chunked', () => {
  it.each([
    'gzip, chunked',
    'Gzip,Chunked',
    'deflate , chunked',
    'gzip\r\nTransfer-Encoding: chunked',
    'identity, chunked',
    'x-own; level="1, 2", chunked',
  ])('%s is not implemented, and what is sent in it is not taken for a body', async (coding) => {
    const before = await countRows(api.owner);
    const sent = post(`Connection: close\r\nTransfer-Encoding: ${coding}\r\n`, `${chunk(BODY)}0\r\n\r\n`);
    const { status, head, problem } = await onlyReply(sent);
    expect({ status, error: problem.error }).toEqual({ status: 501, error: 'coding_not_implemented' });
    expect(head).toContain('content-type: application/problem+json');
    expect(await countRows(api.owner)).toEqual(before);
  });

  it('chunked alone is read, in whatever case', async () => {
    const body = JSON.stringify(exampleIngest());
    const fields = 'Connection: close\r\nTransfer-Encoding: Chunked\r\n';
    const { ended } = await rawExchange(api.port, post(fields, `${chunk(body)}0\r\n\r\n`));
    expect(statusesIn(await ended())).toEqual([201]);
  });
});

describe('header fields', () => {
  const fields = (count: number) => Array.from({ length: count }, (_, index) => `X-${index}: b\r\n`).join('');

  it.each([
    ['of 20 KiB', () => get(`Host: api\r\nX-A: ${'a'.repeat(20_480)}\r\n`)],
    ['in a path of 20 KiB', () => `GET /${'a'.repeat(20_480)} HTTP/1.1\r\nHost: api\r\n\r\n`],
    ['10,000 of them', () => get(`Host: api\r\n${fields(10_000)}`)],
    ['200 of them', () => get(`Host: api\r\nConnection: close\r\n${fields(200)}`)],
    ['101 of them', () => get(`Host: api\r\nConnection: close\r\n${fields(99)}`)],
  ])('%s are refused as too large', async (_what, make) => {
    const { status, problem } = await onlyReply(make());
    expect({ status, error: problem.error }).toEqual({ status: 431, error: 'headers_too_large' });
  });

  it('100 of them are read', async () => {
    const { ended } = await rawExchange(api.port, get(`Host: api\r\nConnection: close\r\n${fields(98)}`));
    expect(statusesIn(await ended())).toEqual([401]);
  });
});

describe('a client that does not go on', () => {
  it.each([
    ['within the header fields', () => 'GET /v1/whoami HTTP/1.1\r\nHost: api\r\n', TIMEOUTS.headersMs],
    [
      'within the body',
      () => post(`Content-Length: ${BODY.length}\r\n`, BODY.slice(0, 20)),
      TIMEOUTS.requestMs,
    ],
    [
      'within a chunk',
      () => post('Transfer-Encoding: chunked\r\n', chunk(BODY).slice(0, 20)),
      TIMEOUTS.requestMs,
    ],
  ])('%s is told so at the deadline, and nothing is written', async (_where, make, deadlineMs) => {
    const before = await countRows(api.owner);
    const startMs = performance.now();
    const { status, problem } = await onlyReply(make());
    expect({ status, error: problem.error }).toEqual({ status: 408, error: 'request_timeout' });
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(deadlineMs - 50);
    expect(await countRows(api.owner)).toEqual(before);
  });

  it('and sends a byte now and then has no more time', async () => {
    const { socket, ended } = await rawExchange(api.port, post(`Content-Length: ${BODY.length}\r\n`, ''));
    let sent = 0;
    const drip = setInterval(() => socket.writable && socket.write(BODY[sent++] ?? ' '), 50);
    const text = await ended(5_000).finally(() => clearInterval(drip));
    expect(statusesIn(text)).toEqual([408]);
  });

  it('and ends the connection within its body leaves nothing behind', async () => {
    const before = await countRows(api.owner);
    const half = await rawExchange(api.port, post(`Content-Length: ${BODY.length}\r\n`, BODY.slice(0, 20)));
    half.socket.end();
    expect(statusesIn(await half.ended())).toEqual([400]);
    const reset = await rawExchange(api.port, post(`Content-Length: ${BODY.length}\r\n`, BODY.slice(0, 20)));
    reset.socket.resetAndDestroy();
    await eventually(async () =>
      (await api.deps.metrics.scrape()).includes('route="/v1/ingest",status="499"'),
    );
    expect(await countRows(api.owner)).toEqual(before);
  });
});

describe('one connection', () => {
  it('answers requests that were sent at once in their order', async () => {
    const { ended } = await rawExchange(
      api.port,
      post(`Content-Length: ${BODY.length}\r\n`, BODY) +
        get('Host: api\r\n') +
        get('Host: api\r\nConnection: close\r\n'),
    );
    expect(statusesIn(await ended())).toEqual([201, 401, 401]);
  });

  it('takes a body in chunks with a trailer', async () => {
    const { ended } = await rawExchange(
      api.port,
      post('Transfer-Encoding: chunked\r\nConnection: close\r\n', `${chunk(BODY)}0\r\nX-Trailer: y\r\n\r\n`),
    );
    expect(statusesIn(await ended())).toEqual([200]);
  });

  it('is not used again after a refused body that was not read', async () => {
    const large = 'x'.repeat(200_000);
    const { ended } = await rawExchange(
      api.port,
      `POST /v1/ingest HTTP/1.1\r\nHost: api\r\nContent-Length: ${large.length}\r\n\r\n${large.slice(0, 1000)}${SMUGGLED}`,
    );
    expect(statusesIn(await ended())).toEqual([401]);
  });

  it('is answered whatever it expects', async () => {
    const reply = await api.call({ path: '/v1/whoami', headers: { Expect: 'a-miracle' } });
    expect(reply.status).toBe(200);
  });
});

describe('paths', () => {
  it.each([
    '/v1//ingest',
    '//v1/whoami',
    '/v1/./whoami',
    '/v1/uploads/../whoami',
    '/v1/uploads/..%2fwhoami',
    '/v1/uploads/%2e%2e',
    '/v1/uploads/%ff',
    '/v1/uploads/%',
    '/v1/uploads/%00',
    '/v1/uploads/%c0%ae',
    '/V1/whoami',
    '/v1/WhoAmI',
    '/v1/%77hoami',
    '/v1/whoami;x=1',
    '/v1/whoami%20',
    '/v1/whoami%2f',
    '/v1/whoami.json',
    '*',
    '/objects/a',
    '/objects/..%2f..%2fetc%2fpasswd',
    '/objects/%00?expires=9999999999&name=x&signature=y',
    '/objects/a?expires=9999999999&name=a&signature=zz',
    '/admin',
    '/.env',
  ])('%s names nothing', async (path) => {
    expectProblem(await api.call({ path }), 'not_found');
  });

  it.each([
    '/v1/whoami/',
    '/v1/whoami?',
    '/v1/whoami?x=%ff&__proto__=1&constructor=2',
    'http://other.example/v1/whoami',
  ])('%s is the route, and needs its key', async (path) => {
    expect((await api.call({ path })).status).toBe(200);
    expectProblem(await api.call({ path, key: null }), 'unauthenticated');
  });
});
