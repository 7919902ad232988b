import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http2 from 'node:http2';
import { connect, type SecureVersion } from 'node:tls';
import { Problem } from '@origin-stack/contract/errors';
import { eventually } from '@origin-stack/testkit/eventually';
import { beforeAll, describe, expect, test } from 'vitest';
import { composeArgv, mustDocker } from '../compose.ts';
import { inspectService, logOf } from './containerFaults.ts';
import { type RawAnswer, sendRawRequest } from './inContainer/sendRawRequest.ts';
import { publicEdge } from './publicEdge.ts';
import { testClient } from './testClient.ts';
import { type TheBundle, theBundle } from './theBundle.ts';

let bundle: TheBundle;
let edge: Awaited<ReturnType<typeof publicEdge>>;
let apiKey: string;

beforeAll(async () => {
  bundle = await theBundle();
  edge = await publicEdge(bundle);
  await testClient(bundle);
  apiKey = await bundle.secret('operator/test-key');
});

const request = (line: string, headers: string[] = [], body = '') =>
  [`${line} HTTP/1.1`, `host: localhost:${edge.port}`, 'connection: close', ...headers, '', body].join(
    '\r\n',
  );
const send = (text: string) => sendRawRequest({ ...edge, text });
const valuesOf = ({ text }: RawAnswer, name: string) => {
  const head = text.slice(0, text.indexOf('\r\n\r\n'));
  return [...head.matchAll(new RegExp(`^${name}: *(.*)$`, 'gim'))].map((found) => found[1]?.trim());
};
const bodyOf = ({ text }: RawAnswer) => text.slice(text.indexOf('\r\n\r\n') + 4);

const HARDENING = {
  'strict-transport-security': /^max-age=31536000; includeSubDomains$/,
  'content-security-policy': /default-src 'none'/,
  'x-content-type-options': /^nosniff$/,
  'referrer-policy': /^no-referrer$/,
  'x-request-id': /^[0-9a-f-]{32,36}$/,
};

/** Each header is there, as it should be, and once. */
function expectHardened(answer: RawAnswer) {
  for (const [name, pattern] of Object.entries(HARDENING)) {
    expect(valuesOf(answer, name), `${name} in ${answer.text}`).toEqual([expect.stringMatching(pattern)]);
  }
  expect(valuesOf(answer, 'server')).toEqual(['nginx']);
  expect(valuesOf(answer, 'x-powered-by')).toEqual([]);
}

/** It is a problem of the contract, hardened, with its id in the header and in the body. */
function expectProblem(answer: RawAnswer, status: number, error: string) {
  expect(answer.status, answer.text).toBe(status);
  expect(valuesOf(answer, 'content-type')).toEqual([expect.stringMatching(/^application\/problem\+json/)]);
  const body = Problem.parse(JSON.parse(bodyOf(answer)));
  expect(body).toMatchObject({ status, error, instance: valuesOf(answer, 'x-request-id')[0] });
  expect(body.type).toBe(`${bundle.url}/docs/errors#${error}`);
  expectHardened(answer);
}

describe('the public listener', () => {
  const handshake = (version: SecureVersion) =>
    new Promise<string>((resolve) => {
      const { host, port, tls } = edge;
      const range = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
      const socket = connect({ host, port, servername: host, ...tls, ...range });
      socket.once('secureConnect', () => {
        resolve(socket.getProtocol() ?? '');
        socket.destroy();
      });
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });

  test('speaks TLS 1.2 and 1.3, and nothing older', async () => {
    expect(await handshake('TLSv1.3')).toBe('TLSv1.3');
    expect(await handshake('TLSv1.2')).toBe('TLSv1.2');
    for (const old of ['TLSv1.1', 'TLSv1'] as const) {
      expect(await handshake(old)).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    }
  });

  test('speaks HTTP/2', async () => {
    const session = http2.connect(bundle.url, { ca: edge.tls.ca });
    try {
      const stream = session.request({ ':path': '/health/live' });
      const status = await new Promise((resolve, reject) => {
        stream.once('response', (headers) => resolve(headers[':status']));
        stream.once('error', reject);
      });
      expect(status).toBe(200);
      expect(session.alpnProtocol).toBe('h2');
    } finally {
      session.close();
    }
  });

  test('sends who comes without TLS to the same place with it', async () => {
    const port = Number(bundle.settings.ORIGIN_HTTP_PORT);
    const text = 'GET /v1/uploads?limit=1 HTTP/1.1\r\nhost: elsewhere.example\r\nconnection: close\r\n\r\n';
    const answer = await sendRawRequest({ host: 'localhost', port, text });
    expect(answer.status).toBe(308);
    expect(valuesOf(answer, 'location')).toEqual([`${bundle.url}/v1/uploads?limit=1`]);
  });
});

describe('every answer', () => {
  test('of the API is hardened once and not twice', async () => {
    for (const path of ['/health/live', '/v1/whoami', '/nowhere', '/.well-known/jwks.json', '/docs']) {
      expectHardened(await send(request(`GET ${path}`)));
    }
  });

  test('of nginx itself is a hardened problem of the contract', async () => {
    const large = 2 * 1024 * 1024;
    const tooLarge = request('POST /v1/ingest', [
      `content-length: ${large}`,
      'content-type: application/json',
    ]);
    expectProblem(await send(tooLarge), 413, 'body_too_large');
    expectProblem(await send(request('GET /health/live', ['content-length: x'])), 400, 'malformed_request');
    expectProblem(
      await send('GET /health/live HTTP/1.1\r\nconnection: close\r\n\r\n'),
      400,
      'malformed_request',
    );
    expectProblem(await send(request('GET /', [`x-large: ${'a'.repeat(20_000)}`])), 431, 'headers_too_large');
    const coded = request('POST /v1/ingest', [
      'content-type: application/json',
      'transfer-encoding: gzip, chunked',
    ]);
    expectProblem(await send(`${coded}0\r\n\r\n`), 501, 'coding_not_implemented');
    const signature = 'X-Amz-Signature=';
    expectProblem(await send(request(`GET /origin-evidence/a?${signature}bad`)), 404, 'not_found');
    expectProblem(
      await send(request(`GET /origin-evidence/a?${signature}${'0'.repeat(64)}`)),
      404,
      'not_found',
    );
    expectProblem(await send(request('GET /origin-evidence')), 404, 'not_found');
    expectProblem(await send(request('DELETE /origin-evidence/a')), 405, 'method_not_allowed');
    expectProblem(await send(request('GET /problem/503')), 404, 'not_found');
    const plain = await sendRawRequest({ host: edge.host, port: edge.port, text: request('GET /') });
    expectProblem(plain, 400, 'malformed_request');
  });

  const large = 'x'.repeat(2 * 1024 * 1024);
  const ofJson = { 'content-type': 'application/json' };
  test.each([
    {
      of: 'a body over 1 MiB',
      status: 413,
      error: 'body_too_large',
      path: '/v1/ingest',
      method: 'POST',
      headers: ofJson,
      body: large,
    },
    {
      of: 'one to an unknown path',
      status: 413,
      error: 'body_too_large',
      path: '/nowhere',
      method: 'POST',
      headers: ofJson,
      body: large,
    },
    {
      of: 'one that says its length',
      status: 413,
      error: 'body_too_large',
      path: '/v1/ingest',
      method: 'POST',
      headers: { ...ofJson, 'content-length': String(large.length) },
      body: large,
    },
    {
      of: 'one to the object store',
      status: 405,
      error: 'method_not_allowed',
      path: '/origin-evidence/a',
      method: 'PUT',
      body: large,
    },
    {
      of: 'header fields over 16 KiB',
      status: 431,
      error: 'headers_too_large',
      path: '/',
      headers: { 'x-large': 'a'.repeat(20_000) },
    },
    { of: 'a link without its signature', status: 404, error: 'not_found', path: '/origin-evidence/a' },
    {
      of: 'a method that the object store has not',
      status: 405,
      error: 'method_not_allowed',
      path: '/origin-evidence/a',
      method: 'DELETE',
    },
    { of: 'a page of problems', status: 404, error: 'not_found', path: '/problem/413' },
  ])(
    'of nginx itself is the same by HTTP/2: $of',
    async ({ status, error, path, method = 'GET', headers = {}, body = '' }) => {
      const answer = await sendHttp2({ ':path': path, ':method': method, ...headers }, body);
      expect(answer.headers).toMatchObject({
        ':status': status,
        'content-type': expect.stringMatching(/^application\/problem\+json/),
      });
      expect(Problem.parse(JSON.parse(answer.text))).toMatchObject({
        status,
        error,
        instance: answer.headers['x-request-id'],
      });
      for (const [name, pattern] of Object.entries(HARDENING))
        expect(answer.headers[name], name).toMatch(pattern);
    },
  );

  /** Sends all of a body and reads the answer, as a client does that has not looked at it yet. */
  async function sendHttp2(headers: http2.OutgoingHttpHeaders, body: string) {
    const session = http2.connect(bundle.url, { ca: edge.tls.ca });
    try {
      const stream = session.request(headers, { endStream: body === '' });
      // The answer comes before all was sent, and the rest is not wanted.
      stream.on('error', () => {});
      const answered = once(stream, 'response');
      if (body !== '') stream.end(body);
      const [answer] = (await answered) as [http2.IncomingHttpHeaders];
      let text = '';
      for await (const chunk of stream) text += chunk;
      return { headers: answer, text };
    } finally {
      session.destroy();
    }
  }

  test('is a problem that says when to come again while no replica runs, and all is well afterwards', async () => {
    const ids = await Promise.all(['api-a', 'api-b'].map((name) => inspectService(bundle, name)));
    await mustDocker(['stop', ...ids.map(({ id }) => id)]);
    try {
      // nginx's own words about replicas that are away hold no query.
      const secret = randomUUID();
      await send(request(`GET /v1/uploads?secret=${secret}`));
      expect(await logOf(bundle, 'nginx')).not.toContain(secret);
      const answers = [
        await send(request('GET /v1/whoami')),
        await send(request('POST /v1/ingest', ['content-length: 0'])),
      ];
      for (const answer of answers) {
        expectProblem(answer, 503, 'dependency_unavailable');
        expect(valuesOf(answer, 'retry-after')).toEqual(['2']);
      }
    } finally {
      await mustDocker(['start', ...ids.map(({ id }) => id)]);
    }
    await eventually(async () => expect((await send(request('GET /health/ready'))).status).toBe(200), {
      deadlineMs: 90_000,
      pollMs: 250,
    });
  });
});

describe('who sends too slowly', () => {
  const secondsUntilClosed = async (text: string) => {
    const begunMs = performance.now();
    const answer = await sendRawRequest({ ...edge, text, deadlineMs: 60_000 });
    expect(answer).toMatchObject({ status: 0 });
    return (performance.now() - begunMs) / 1_000;
  };

  test('has the connection closed: after 10 seconds in the header fields, after 30 in the body', async () => {
    const marker = `/slow-${randomUUID()}`;
    const begun = request(`POST ${marker}`, ['content-length: 100', 'content-type: application/json'], '{');
    const [nothing, header, body] = await Promise.all([
      secondsUntilClosed(''),
      secondsUntilClosed(`GET /health/live HTTP/1.1\r\nhost: localhost:${edge.port}\r\n`),
      secondsUntilClosed(begun),
    ]);
    for (const [seconds, limit] of [
      [nothing, 10],
      [header, 10],
      [body, 30],
    ] as const) {
      expect(seconds).toBeGreaterThan(limit - 1);
      expect(seconds).toBeLessThan(limit + 8);
    }
    // The operator sees why, the API has heard nothing of it.
    await eventually(
      async () => {
        const line = (await logOf(bundle, 'nginx')).split('\n').find((one) => one.includes(marker));
        expect(JSON.parse(line ?? '{}')).toMatchObject({ status: 408, bytes: 0, upstream: '' });
      },
      { deadlineMs: 10_000, pollMs: 200 },
    );
  });
});

describe('what nginx writes down', () => {
  const logLines = async (marker: string) =>
    await eventually(async () => {
      const text = await logOf(bundle, 'nginx');
      const lines = text.split('\n').filter((line) => line.startsWith('{') && line.includes(marker));
      expect(lines.length).toBeGreaterThan(0);
      return { text, lines };
    });

  test('is JSON without queries, keys and signatures', async () => {
    const marker = randomUUID();
    const signature = marker.replaceAll('-', '').padEnd(64, 'f');
    const headers = [`authorization: Bearer ${apiKey}`, `x-api-key: ${apiKey}`, `cookie: a=${signature}`];
    await send(request(`GET /v1/uploads/${marker}?secret=${signature}`, headers));
    await send(request(`GET /origin-evidence/${marker}?X-Amz-Signature=${signature}`, headers));
    const { text, lines } = await logLines(marker);
    expect(lines.map((line) => JSON.parse(line).path).sort()).toEqual([
      `/origin-evidence/${marker}`,
      `/v1/uploads/${marker}`,
    ]);
    for (const secret of [signature, apiKey, apiKey.slice(-32)]) expect(text).not.toContain(secret);
    const access = text.split('\n').filter((line) => line.startsWith('{'));
    for (const line of access) expect(() => JSON.parse(line), line).not.toThrow();
    expect(access.some((line) => /[?]/.test(JSON.parse(line).path))).toBe(false);
  });

  test('names the address that it saw, and passes on no other that a caller claims', async () => {
    const marker = randomUUID();
    const claims = ['x-forwarded-for: 203.0.113.7', 'x-real-ip: 203.0.113.7', 'forwarded: for=203.0.113.7'];
    const answer = await send(
      request(`GET /v1/uploads/${marker}`, [...claims, `authorization: Bearer ${apiKey}`]),
    );
    const id = valuesOf(answer, 'x-request-id')[0] ?? '';
    const { lines } = await logLines(marker);
    const seen = JSON.parse(lines[0] ?? '{}');
    expect(seen).toMatchObject({ request_id: id });
    expect(seen.address).toMatch(/^(\d+\.){3}\d+$/);
    expect(seen.address).not.toBe('203.0.113.7');
    const api = `${await logOf(bundle, 'api-a')}${await logOf(bundle, 'api-b')}`;
    const ofApi = api.split('\n').filter((line) => line.includes(id));
    expect(ofApi.length).toBeGreaterThan(0);
    expect(ofApi.join('\n')).not.toContain('203.0.113.7');
  });

  test('lets an allowlist judge the true address, whatever a caller claims', async () => {
    const claims = [`authorization: Bearer ${apiKey}`, 'x-forwarded-for: 203.0.113.7'];
    const allow = (...networks: string[]) =>
      mustDocker(
        composeArgv(bundle.dir, 'run', '--rm', '-T', 'tools', 'tenant', 'allow', 'test', ...networks),
      );
    await allow('203.0.113.0/24');
    try {
      expectProblem(await send(request('GET /v1/whoami', claims)), 403, 'address_not_allowed');
    } finally {
      await allow();
    }
    expect((await send(request('GET /v1/whoami', claims))).status).toBe(200);
  });
});
