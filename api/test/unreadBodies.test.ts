import { once } from 'node:events';
import { connect } from 'node:net';
import type { ErrorCode } from '@origin-stack/contract/errors';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rawExchange, statusesIn } from './rawExchange.ts';
import { startTestApi, type TestApi } from './startTestApi.ts';

const MIB = 1_048_576;
/** Less than the API waits for the rest of a body. */
const AT_ONCE_MS = 8_000;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

interface Refused {
  line?: string;
  fields?: string[];
}

/** Sends all of a body before it reads a byte of the answer, as a client with blocking sockets does; a reset is its end. */
async function sendFirst({ line = 'POST /v1/ingest', fields = [] }: Refused, framing: string) {
  const socket = connect({ port: api.port, host: '127.0.0.1' });
  const failed = once(socket, 'error').then(([error]) => Promise.reject(error));
  failed.catch(() => {});
  await once(socket, 'connect');
  const own = fields.some((field) => field.startsWith('Authorization'));
  const head = [
    `${line} HTTP/1.1`,
    'Host: api',
    ...(own ? [] : [`Authorization: Bearer ${api.tenant.key.keyValue}`]),
    ...fields,
    framing,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  const isChunked = framing.startsWith('Transfer-Encoding');
  const part = Buffer.alloc(MIB, 'x');
  for (let count = 0; count < SIZE_MIB; count += 1) {
    const bytes = isChunked ? Buffer.concat([Buffer.from('100000\r\n'), part, Buffer.from('\r\n')]) : part;
    if (!socket.write(bytes)) await Promise.race([once(socket, 'drain'), failed]);
  }
  if (isChunked) socket.write('0\r\n\r\n');
  const [answer] = (await Promise.race([once(socket, 'data'), failed])) as [Buffer];
  socket.destroy();
  const text = answer.toString();
  return { status: statusesIn(text)[0], error: JSON.parse(text.slice(text.indexOf('\r\n\r\n'))).error };
}

const SIZE_MIB = 8;
const json = 'Content-Type: application/json';
const REFUSALS: [string, number, ErrorCode, Refused][] = [
  ['an unknown path', 404, 'not_found', { line: 'POST /nowhere' }],
  ['a method that is not known there', 405, 'method_not_allowed', { line: 'PUT /v1/ingest' }],
  ['no key', 401, 'unauthenticated', { fields: ['Authorization: none'] }],
  ['another type of body', 415, 'unsupported_media_type', { fields: ['Content-Type: text/plain'] }],
  ['a field that stands twice', 400, 'malformed_request', { fields: [json, json] }],
  ['too many header fields', 431, 'headers_too_large', { fields: manyFields(200) }],
  ['header fields that are too large', 431, 'headers_too_large', { fields: [`X-A: ${'a'.repeat(20_480)}`] }],
  ['a header field that is none', 400, 'malformed_request', { fields: ['X-A: a\u0000b'] }],
  ['a body that is too large', 413, 'body_too_large', { fields: [json] }],
];

function manyFields(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `X-${index}: a`);
}

describe('the answer to a body that nobody reads arrives', () => {
  it.each(REFUSALS)('after %s, of a length that was told', async (_what, status, error, refused) => {
    const framing = `Content-Length: ${SIZE_MIB * MIB}`;
    for (let count = 0; count < 3; count += 1) {
      expect(await sendFirst(refused, framing)).toEqual({ status, error });
    }
  });

  it.each(REFUSALS)('after %s, in chunks', async (_what, status, error, refused) => {
    for (let count = 0; count < 3; count += 1) {
      expect(await sendFirst(refused, 'Transfer-Encoding: chunked')).toEqual({ status, error });
    }
  });

  it.each([
    ['GET /v1/whoami', 200],
    ['GET /v1/uploads/0190a000-0000-7000-8000-000000000000', 404],
  ])('of a connection that ends with it, after %s', async (line, status) => {
    for (let count = 0; count < 3; count += 1) {
      const framing = `Content-Length: ${SIZE_MIB * MIB}`;
      expect(await sendFirst({ line, fields: ['Connection: close'] }, framing)).toMatchObject({ status });
    }
  });

  it('to a key that may not ingest', async () => {
    const { keyValue } = await api.makeKey(api.tenant.id, { scopes: ['ledger:read'] });
    const refused = { fields: [json, `Authorization: Bearer ${keyValue}`] };
    expect(await sendFirst(refused, `Content-Length: ${SIZE_MIB * MIB}`)).toEqual({
      status: 403,
      error: 'insufficient_scope',
    });
  });

  it.each(['POST', 'HEAD'])('at once, before the rest of the body has come, to %s', async (method) => {
    const half = await rawExchange(
      api.port,
      `${method} /nowhere HTTP/1.1\r\nHost: api\r\nContent-Length: ${MIB}\r\n\r\n${'x'.repeat(1000)}`,
    );
    await once(half.socket, 'data', { signal: AbortSignal.timeout(AT_ONCE_MS) });
    expect(statusesIn(half.received())).toEqual([404]);
    half.socket.destroy();
  });
});

describe('a connection with a refused body', () => {
  const post = (length: number) => `POST /nowhere HTTP/1.1\r\nHost: api\r\nContent-Length: ${length}\r\n\r\n`;
  const last = 'GET /health/live HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n';

  it('is kept: what follows the body is the next request', async () => {
    const { ended } = await rawExchange(api.port, `${post(300_000)}${'x'.repeat(300_000)}${last}`);
    expect(statusesIn(await ended())).toEqual([404, 200]);
  });

  it('is closed where more comes than is read on', async () => {
    const { ended } = await rawExchange(
      api.port,
      Buffer.concat([Buffer.from(post(64 * MIB)), Buffer.alloc(40 * MIB)]),
    );
    expect(statusesIn(await ended())).toEqual([404]);
  });

  it('is closed where the rest does not come', async () => {
    const { ended } = await rawExchange(api.port, `${post(300_000)}${'x'.repeat(1000)}`);
    expect(statusesIn(await ended(20_000))).toEqual([404]);
  });
});

/** What the metric says of requests to no route by one method, by status. */
async function countedOf(method: string): Promise<Record<string, number>> {
  const text = await api.deps.metrics.scrape();
  const lines = text.matchAll(/^http_requests_total\{(.*)\} (\d+)$/gm);
  return Object.fromEntries(
    [...lines]
      .filter(([, labels = '']) => labels.includes(`method="${method}"`) && labels.includes('route="none"'))
      .map(([, labels = '', count]) => [/status="(\d+)"/.exec(labels)?.[1] ?? '', Number(count)]),
  );
}

it('a refusal counts as what the client was told, though it leaves before its body has come', async () => {
  const half = `PATCH /nowhere HTTP/1.1\r\nHost: api\r\nContent-Length: ${MIB}\r\n\r\n${'x'.repeat(1000)}`;
  const { socket } = await rawExchange(api.port, half);
  await once(socket, 'data');
  socket.destroy();
  await eventually(async () => expect(await countedOf('PATCH')).toEqual({ 404: 1 }));
});
