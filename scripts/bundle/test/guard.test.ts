import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RawAnswer, sendRawRequest } from './inContainer/sendRawRequest.ts';
import type { ObjectStep } from './inContainer/useObjects.ts';
import { openProbe, type Probe } from './openProbe.ts';
import { publicEdge } from './publicEdge.ts';
import { EXPLOITS, exploitRequest } from './streamingExploit.ts';
import { type TheBundle, theBundle } from './theBundle.ts';

const BUCKET = 'origin-evidence';
const KEY = `guard-test/${randomUUID()}.txt`;
const CONTENT = 'what was written by who may';
const path = (key: string) => `/${BUCKET}/${key}`;

let bundle: TheBundle;
let accessKey: string;
let probe: Probe;

const objects = async (steps: ObjectStep[]) =>
  probe.run('useObjects', {
    endpoint: 'https://s3-guard:9443',
    publicUrl: bundle.url,
    bucket: BUCKET,
    accessKey,
    secretKey: await bundle.secret('api/minio-secret-key'),
    tls: await bundle.identity('api'),
    steps,
  });

beforeAll(async () => {
  bundle = await theBundle();
  probe = await openProbe(bundle, 'app', 'storage');
  accessKey = await bundle.secret('api/minio-access-key');
});

beforeEach(async () => {
  expect(await objects([{ put: KEY, text: CONTENT }, { get: KEY }])).toEqual(['put', CONTENT]);
});

afterAll(async () => {
  await objects([{ remove: KEY }]);
  await probe[Symbol.asyncDispose]();
});

/** Each exploit once over what is there, once to a new name. Fails where one was admitted or left a trace. */
async function expectRefused(send: (requests: { text: string }[]) => Promise<RawAnswer[]>, host: string) {
  const fresh = EXPLOITS.map(() => `guard-test/${randomUUID()}.txt`);
  const requests = EXPLOITS.flatMap((exploit, index) =>
    [KEY, fresh[index] ?? ''].map((key) => ({
      text: exploitRequest(exploit, { path: path(key), host, accessKey }),
    })),
  );
  const answers = await send(requests);
  const statuses = EXPLOITS.map(({ name }, index) => ({
    name,
    statuses: [answers[2 * index]?.status, answers[2 * index + 1]?.status],
  }));
  for (const one of statuses) {
    for (const status of one.statuses) expect([400, 403, 405], JSON.stringify(one)).toContain(status);
  }
  const [kept, ...found] = await objects([{ get: KEY }, ...fresh.map((get) => ({ get }))]);
  expect(kept).toBe(CONTENT);
  for (const one of found) expect(one).toMatch(/^missing: /);
}

describe('the holes of the last public MinIO', () => {
  test('are there behind the guard, so that the refusals below say something', async () => {
    const key = `guard-test/${randomUUID()}.txt`;
    const { ca } = await bundle.identity('s3-guard');
    const text = exploitRequest(EXPLOITS[0]!, { path: path(key), host: 'minio:9000', accessKey });
    const [answer] = await probe.run('sendRaw', [{ host: 'minio', port: 9000, tls: { ca }, text }]);
    expect(answer?.status, answer?.text).toBe(200);
    expect(await objects([{ get: key }, { remove: key }])).toEqual(['owned', 'removed']);
  });

  test.each(['api', 'worker', 'nginx'] as const)(
    'are shut by the guard in every spelling, also to the certificate of %s',
    async (name) => {
      const tls = await bundle.identity(name);
      const at = { host: 's3-guard', port: 9443, tls };
      await expectRefused(
        (requests) =>
          probe.run(
            'sendRaw',
            requests.map((one) => ({ ...at, ...one })),
          ),
        's3-guard:9443',
      );
    },
  );

  test('are shut from outside in every spelling', async () => {
    const edge = await publicEdge(bundle);
    await expectRefused(async (requests) => {
      const answers: RawAnswer[] = [];
      for (const { text } of requests) answers.push(await sendRawRequest({ ...edge, text }));
      return answers;
    }, `localhost:${edge.port}`);
  });
});

describe('the way to the objects', () => {
  test('serves uploads, downloads and deletions of the services', async () => {
    const key = `guard-test/${randomUUID()}.txt`;
    const done = await objects([
      { put: key, text: 'one' },
      { get: key },
      { put: key, text: 'two' },
      { get: key },
      { remove: key },
      { get: key },
    ]);
    expect(done).toEqual(['put', 'one', 'put', 'two', 'removed', expect.stringMatching(/^missing: /)]);
  });

  test('serves a presigned download from outside, and nothing with a changed signature, key or method', async () => {
    const [url = ''] = await objects([{ presign: KEY }]);
    const edge = await publicEdge(bundle);
    const get = async (address: string, method = 'GET') => {
      const { pathname, search, host } = new URL(address);
      const head = `${method} ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`;
      return sendRawRequest({ ...edge, text: head });
    };
    expect(new URL(url).origin).toBe(bundle.url);
    const good = await get(url);
    expect(good).toMatchObject({ status: 200, text: expect.stringContaining(CONTENT) });
    expect(good.text).not.toMatch(/^(server: minio|x-amz-(id-2|request-id)):/im);
    const other = url.replace(/([0-9a-f])$/, (digit) => (digit === '0' ? '1' : '0'));
    const answers = await Promise.all([
      get(other),
      get(url.replace(KEY, `${KEY}.bak`)),
      get(url.replace(/X-Amz-Expires=\d+/, 'X-Amz-Expires=86400')),
      get(url.replace(/&X-Amz-Signature=.*/, '')),
      get(`${bundle.url}/${BUCKET}/`),
      get(`${bundle.url}/${BUCKET}?list-type=2`),
    ]);
    for (const answer of answers) expect(answer.status, answer.text).toBe(404);
    for (const method of ['PUT', 'POST', 'DELETE', 'PATCH']) {
      expect((await get(url, method)).status, method).toBe(405);
    }
    expect(await objects([{ get: KEY }])).toEqual([CONTENT]);
  });

  test("lets the edge's certificate read only, and services without business there nothing", async () => {
    const ask = (method: string) =>
      `${method} /${BUCKET}/${KEY} HTTP/1.1\r\nhost: s3-guard:9443\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`;
    const at = { host: 's3-guard', port: 9443 };
    const nginx = await bundle.identity('nginx');
    const api = await bundle.identity('api');
    const byNginx = await probe.run(
      'sendRaw',
      ['GET', 'PUT', 'POST', 'DELETE'].map((method) => ({ ...at, tls: nginx, text: ask(method) })),
    );
    // MinIO's own refusal of who signed nothing, then the guard's.
    expect(byNginx[0]?.text).toContain('AccessDenied');
    for (const answer of byNginx.slice(1)) {
      expect(answer.status).toBe(403);
      expect(answer.text).not.toContain('AccessDenied');
    }
    const [byApi] = await probe.run('sendRaw', [{ ...at, tls: api, text: ask('DELETE') }]);
    expect(byApi?.text).toContain('AccessDenied');
    for (const name of ['prometheus', 'cron', 'tools', 'postgres-exporter'] as const) {
      const [answer] = await probe.run('sendRaw', [
        { ...at, tls: await bundle.identity(name), text: ask('GET') },
      ]);
      expect(answer?.status, name).toBe(403);
      expect(answer?.text, name).not.toContain('AccessDenied');
    }
  });
});
