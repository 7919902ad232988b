import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { sha256 } from '../test/buildPack.ts';
import { type Answer, type Received, startPeer } from '../test/startPeer.ts';
import { OriginClient, type OriginClientOptions } from './originClient.ts';
import { OriginError } from './originError.ts';

const apiKey = 'ok_live_0aZ9bY8c_0123456789ABCDEFabcdefGHIJKLMNOP_43pCaI';
const closers: Array<() => Promise<void>> = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function peer(
  answer: (received: Received, number: number) => Answer,
  options: Partial<OriginClientOptions> = {},
) {
  const { baseUrl, received, close } = await startPeer(answer);
  closers.push(close);
  return { client: new OriginClient({ baseUrl, apiKey, ...options }), received, baseUrl };
}

const problem = (status: number, error: string, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/problem+json', 'x-request-id': 'req-1', ...headers },
  json: { type: 'https://x.test', title: 'Title', status, detail: 'Detail', instance: 'req-1', error },
});
const ingestBody = {
  external_id: 'e',
  account: { external_id: 'a' },
  content: { text: 't', media_type: 'text/plain' },
};

async function caught(run: Promise<unknown>): Promise<OriginError> {
  const error = await run.then(
    () => new Error('it resolved'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OriginError);
  return error as OriginError;
}

describe('OriginClient', () => {
  // Written from the route table of the interface, not from the client.
  it.each<[string, (client: OriginClient) => Promise<unknown>]>([
    ['POST /v1/ingest', (c) => c.ingest(ingestBody)],
    ['GET /v1/uploads?limit=2&cursor=abc', (c) => c.listUploads({ limit: 2, cursor: 'abc' })],
    ['GET /v1/uploads/u1', (c) => c.getUpload('u1')],
    ['GET /v1/policies', (c) => c.listPolicies()],
    ['GET /v1/policies/p1', (c) => c.getPolicy('p1')],
    ['POST /v1/policies', (c) => c.createPolicy({} as never)],
    ['POST /v1/evidence-packs', (c) => c.createEvidencePack({ upload_id: 'u1' })],
    ['GET /v1/evidence-packs/e1', (c) => c.getEvidencePack('e1')],
    ['GET /v1/evidence-packs/e1/download', (c) => c.getEvidenceDownload('e1')],
    ['POST /v1/webhooks', (c) => c.createWebhook({ url: 'https://x.test', events: ['evidence.ready'] })],
    ['GET /v1/webhooks', (c) => c.listWebhooks()],
    ['GET /v1/webhooks/w1', (c) => c.getWebhook('w1')],
    ['PATCH /v1/webhooks/w1', (c) => c.updateWebhook('w1', { is_active: false })],
    ['DELETE /v1/webhooks/w1', (c) => c.deleteWebhook('w1')],
    ['POST /v1/webhooks/w1/rotate-secret', (c) => c.rotateWebhookSecret('w1')],
    ['POST /v1/webhooks/w1/test', (c) => c.testWebhook('w1')],
    ['GET /v1/webhooks/w1/deliveries', (c) => c.listDeliveries('w1')],
    ['POST /v1/webhooks/deliveries/d1/replay', (c) => c.replayDelivery('d1')],
    ['GET /v1/certificates/c1', (c) => c.getCertificate('c1')],
    ['GET /v1/keys/jwks.json', (c) => c.getJwks()],
    ['GET /v1/ledger/events', (c) => c.listLedgerEvents()],
    ['GET /v1/ledger/verify', (c) => c.verifyLedger()],
    ['GET /v1/models/status', (c) => c.getModelsStatus()],
    ['GET /v1/whoami', (c) => c.whoAmI()],
  ])('sends %s with the key and returns the reply', async (route, call) => {
    const { client, received } = await peer(() => ({ json: { answer: 42 } }));
    expect(await call(client)).toEqual({ answer: 42 });
    expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual([route]);
    expect(received[0]!.headers.authorization).toBe(`Bearer ${apiKey}`);
    if (/^(POST|PATCH)/.test(route)) expect(received[0]!.headers['content-type']).toBe('application/json');
  });

  it('sends body, idempotency key and correlation id, below a base path', async () => {
    const { baseUrl, received } = await peer(() => ({ json: {} }));
    const client = new OriginClient({ baseUrl: `${baseUrl}/origin/`, apiKey });
    await client.createEvidencePack({ upload_id: 'u' }, { idempotencyKey: 'k-1', correlationId: 'c.1' });
    expect(received[0]).toMatchObject({
      url: '/origin/v1/evidence-packs',
      body: '{"upload_id":"u"}',
      headers: { 'idempotency-key': 'k-1', 'x-correlation-id': 'c.1' },
    });
  });

  it('returns nothing for 204', async () => {
    const { client } = await peer(() => ({ status: 204 }));
    expect(await client.deleteWebhook('w')).toBeUndefined();
  });

  it('turns a problem body into an error with code, status, request id and the body', async () => {
    const { client, received } = await peer(() => problem(409, 'external_id_conflict'));
    const error = await caught(client.ingest(ingestBody));
    expect(error).toMatchObject({ code: 'external_id_conflict', status: 409, requestId: 'req-1' });
    expect(error.problem?.detail).toBe('Detail');
    expect(received).toHaveLength(1);
  });

  it('calls a reply unexpected that is no problem, no JSON, or a redirect, and follows none', async () => {
    const answers: Array<Exclude<Answer, string>> = [
      { status: 500, raw: '<html>', headers: { 'content-type': 'text/html' } },
      { status: 500, raw: '{', headers: { 'content-type': 'application/problem+json' } },
      { status: 200, raw: 'not json' },
      { status: 307, headers: { location: '/v1/elsewhere' } },
    ];
    for (const answer of answers) {
      const { client, received } = await peer(() => answer);
      expect(await caught(client.verifyLedger())).toMatchObject({
        code: 'unexpected_reply',
        status: answer.status,
      });
      expect(received).toHaveLength(1);
    }
  });

  it.each([429, 502, 503, 504])('repeats a GET after %i and honours Retry-After', async (status) => {
    const { client, received } = await peer((_, number) =>
      number === 1 ? problem(status, 'dependency_unavailable', { 'retry-after': '1' }) : { json: { ok: 1 } },
    );
    const begin = performance.now();
    expect(await client.getModelsStatus()).toEqual({ ok: 1 });
    expect(performance.now() - begin).toBeGreaterThan(990);
    expect(received).toHaveLength(2);
  });

  it('repeats after a cut connection, at most maxRetries times', async () => {
    const { client, received } = await peer(() => 'cut', { maxRetries: 1 });
    expect((await caught(client.verifyLedger())).code).toBe('network_error');
    expect(received).toHaveLength(2);
  });

  it('leaves a Retry-After over 30 s to the caller', async () => {
    const { client, received } = await peer(() =>
      problem(503, 'dependency_unavailable', { 'retry-after': '31' }),
    );
    expect((await caught(client.verifyLedger())).retryAfterSeconds).toBe(31);
    expect(received).toHaveLength(1);
  });

  it('repeats a POST only with an idempotency key, the same one; ingest always; a PATCH never', async () => {
    const flaky = (_: Received, number: number): Answer => (number === 1 ? 'cut' : { json: {} });
    const bare = await peer(flaky);
    expect((await caught(bare.client.testWebhook('w'))).code).toBe('network_error');
    expect(bare.received).toHaveLength(1);
    const keyed = await peer(flaky);
    await keyed.client.testWebhook('w', { idempotencyKey: 'k' });
    expect(keyed.received.map((one) => one.headers['idempotency-key'])).toEqual(['k', 'k']);
    const ingest = await peer(flaky);
    await ingest.client.ingest(ingestBody);
    expect(ingest.received[1]!.body).toBe(ingest.received[0]!.body);
    const patch = await peer(flaky);
    await caught(patch.client.updateWebhook('w', {}));
    expect(patch.received).toHaveLength(1);
  });

  it('has deleted what a repeated DELETE does not find, unless nothing can have been done before', async () => {
    const gone = problem(404, 'not_found');
    const answering = (first: Answer) => peer((_, number) => (number === 1 ? first : gone));
    const at = (status: number) => problem(status, 'dependency_unavailable', { 'retry-after': '0' });
    for (const lost of ['cut', at(502), at(503), at(504)] as const) {
      const { client, received } = await answering(lost);
      expect(await client.deleteWebhook('w')).toBeUndefined();
      expect(received).toHaveLength(2);
    }
    const slow = await peer((_, number) => (number === 1 ? 'hang' : gone), { timeoutMs: 100 });
    expect(await slow.client.deleteWebhook('w')).toBeUndefined();
    for (const first of [gone, at(429)]) {
      const { client } = await answering(first);
      expect((await caught(client.deleteWebhook('w'))).code).toBe('not_found');
    }
    const read = await answering('cut');
    expect((await caught(read.client.getWebhook('w'))).code).toBe('not_found');
  });

  it('takes a base URL whose scheme and host are in capitals', async () => {
    const { baseUrl, received } = await peer(() => ({ json: { ok: 1 } }));
    const url = baseUrl.replace('http://', 'HTTP://');
    expect(await new OriginClient({ baseUrl: url, apiKey }).getModelsStatus()).toEqual({ ok: 1 });
    expect(received).toHaveLength(1);
  });

  it('waits out the same request in flight, and gives up on a conflict', async () => {
    const { client, received } = await peer((_, number) =>
      number === 1
        ? problem(409, 'idempotency_in_flight', { 'retry-after': '0' })
        : problem(409, 'idempotency_conflict'),
    );
    expect((await caught(client.testWebhook('w', { idempotencyKey: 'k' }))).code).toBe(
      'idempotency_conflict',
    );
    expect(received).toHaveLength(2);
  });

  it('ends a call that gets no reply in time, and one that the caller aborts', async () => {
    const { client } = await peer(() => 'hang', { timeoutMs: 50, maxRetries: 0 });
    expect((await caught(client.verifyLedger())).code).toBe('timeout');
    const abort = new AbortController();
    const run = client.verifyLedger({ signal: abort.signal, timeoutMs: 20_000 });
    abort.abort(new Error('enough'));
    await expect(run).rejects.toThrow('enough');
  });

  it('waits for a pack until it is ready, says why it failed, and ends in time', async () => {
    const at = (status: string, more = {}) => ({ json: { id: 'e', status, artifacts: [], ...more } });
    const slow = await peer((_, number) => at(number < 3 ? 'pending' : 'ready'));
    expect((await slow.client.waitForEvidencePack('e', { pollMs: 1 })).status).toBe('ready');
    expect(slow.received).toHaveLength(3);
    const broken = await peer(() => at('failed', { error: 'no space' }));
    expect(await caught(broken.client.waitForEvidencePack('e'))).toMatchObject({
      code: 'pack_failed',
      message: 'no space',
    });
    const never = await peer(() => at('pending'));
    expect((await caught(never.client.waitForEvidencePack('e', { waitMs: 20, pollMs: 5 }))).code).toBe(
      'timeout',
    );
  });

  it('downloads an artifact without sending the key to its URL, and refuses other bytes', async () => {
    const pdf = Buffer.from('%PDF-1.7');
    const listed = (url: string) => ({
      name: 'report.pdf',
      url,
      sha256: sha256(pdf),
      size_bytes: pdf.length,
    });
    const answer = (raw: Buffer) => (one: Received) =>
      one.url.endsWith('/download') ? { json: { artifacts: [listed('/presigned?x=1')] } } : { raw };
    const good = await peer(answer(pdf));
    expect(Buffer.from(await good.client.downloadArtifact('e', 'report.pdf'))).toEqual(pdf);
    expect(good.received[1]!.url).toBe('/presigned?x=1');
    expect(good.received[1]!.headers.authorization).toBeUndefined();
    for (const raw of [Buffer.from('%PDF-1.8'), Buffer.from('%PDF'), Buffer.alloc(1e6)]) {
      const bad = await peer(answer(raw));
      expect((await caught(bad.client.downloadArtifact('e', 'report.pdf'))).code).toBe('artifact_changed');
    }
    expect((await caught(good.client.downloadArtifact('e', 'pack.zip'))).code).toBe('unexpected_reply');
  });

  it('reads the ledger page by page to its end', async () => {
    const { client, received } = await peer((_, number) => ({
      json: { items: [{ sequence: number }], next_cursor: number < 3 ? `c${number}` : null },
    }));
    const sequences: number[] = [];
    for await (const event of client.ledgerEvents()) sequences.push(event.sequence);
    expect(sequences).toEqual([1, 2, 3]);
    expect(received.map((one) => one.url.split('cursor=')[1])).toEqual([undefined, 'c1', 'c2']);
  });

  it('keeps an id inside its part of the path', async () => {
    const { client, received } = await peer(() => ({ json: {} }));
    await client.getUpload('../webhooks?x#y');
    expect(received[0]!.url).toBe('/v1/uploads/..%2Fwebhooks%3Fx%23y');
    for (const id of ['', '.', '..']) expect(() => client.getUpload(id)).toThrow(TypeError);
  });

  it('shows its key nowhere: not when inspected, not in an error, not when the key is refused', async () => {
    const { client } = await peer(() => problem(401, 'unauthenticated'));
    const error = await caught(client.verifyLedger());
    expect(
      inspect([client, error], { depth: 9, showHidden: true }) + JSON.stringify([client, error]),
    ).not.toContain(apiKey);
    const refuse = () => new OriginClient({ baseUrl: 'https://x.test', apiKey: `${apiKey}\n` });
    expect(refuse).toThrow(TypeError);
    expect(refuse).not.toThrow(apiKey);
    expect(() => new OriginClient({ baseUrl: 'file:///x', apiKey })).toThrow(TypeError);
  });
});
