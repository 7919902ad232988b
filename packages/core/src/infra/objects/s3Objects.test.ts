import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { startVersitygw, type Versitygw, versitygwAvailable } from '@origin-stack/testkit/peers/versitygw';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../systemClock.ts';
import { isObjectStoreAway } from './objectStoreError.ts';
import { openS3Objects, type S3ObjectsOptions } from './s3Objects.ts';
import { objectStoreContract } from './test/objectStoreContract.ts';

const buildTimeoutMs = 15 * 60_000;
const versitygw = versitygwAvailable();
const skipped = versitygw.ok ? '' : ` (skipped: ${versitygw.reason})`;

function optionsFor(peer: Pick<Versitygw, 'url' | 'accessKey' | 'secretKey'>): S3ObjectsOptions {
  return {
    endpoint: peer.url,
    publicUrl: peer.url,
    region: 'us-east-1',
    bucket: 'evidence',
    accessKey: peer.accessKey,
    secretKey: peer.secretKey,
    timeoutMs: 10_000,
    clock: systemClock,
  };
}

describe.skipIf(!versitygw.ok)(`objects in S3${skipped}`, () => {
  objectStoreContract(async (clock) => {
    const peer = await startVersitygw();
    const store = openS3Objects({ ...optionsFor(peer), clock });
    await store.ensureBucket();
    const listingUrls = ['/', '/evidence', '/evidence/', '/evidence?list-type=2', '/evidence?versions'];
    return { store, listingUrls: listingUrls.map((at) => peer.url + at), stop: peer.stop };
  }, buildTimeoutMs);
});

describe.skipIf(!versitygw.ok)(`a bucket in S3${skipped}`, () => {
  let peer: Versitygw;
  beforeAll(async () => {
    peer = await startVersitygw();
  }, buildTimeoutMs);
  afterAll(() => peer?.stop());

  test('is made once when several processes start at once', async () => {
    const openers = Array.from({ length: 4 }, () =>
      openS3Objects({ ...optionsFor(peer), bucket: 'together' }),
    );
    await Promise.all(openers.map((store) => store.ensureBucket()));
    await openers[0]!.ensureBucket();
    await expect(openers[0]!.check()).resolves.toBeUndefined();
  });

  test('makes the store unready while it is missing', async () => {
    const store = openS3Objects({ ...optionsFor(peer), bucket: 'absent' });
    const missing = { name: 'ObjectStoreError', reason: 'missing' };
    await expect(store.check()).rejects.toMatchObject(missing);
    const object = { key: 'a', bytes: Buffer.from('x'), contentType: 'text/plain' };
    await expect(store.put(object)).rejects.toMatchObject(missing);
    await expect(store.remove(['a'])).rejects.toMatchObject(missing);
  });

  test('keeps the content type of an object', async () => {
    const store = openS3Objects({ ...optionsFor(peer), bucket: 'types' });
    await store.ensureBucket();
    await store.put({ key: 'report.pdf', bytes: Buffer.from('%PDF'), contentType: 'application/pdf' });
    const reply = await fetch(await store.presign({ key: 'report.pdf', fileName: 'r.pdf', ttlSeconds: 60 }));
    expect(reply.headers.get('content-type')).toBe('application/pdf');
  });

  test('refuses a wrong secret with an error that holds no credential', async () => {
    const wrong = { ...optionsFor(peer), secretKey: 'not-the-secret-of-anybody' };
    const error = await openS3Objects(wrong)
      .get('a')
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'ObjectStoreError', reason: 'refused' });
    expect(error.message).toBe('s3 objects: get a: SignatureDoesNotMatch');
    expect(isObjectStoreAway(error)).toBe(false);
    expect(error).not.toHaveProperty('cause');
    const everything = JSON.stringify(error, Object.getOwnPropertyNames(error));
    for (const secret of [peer.accessKey, wrong.secretKey]) expect(everything).not.toContain(secret);
  });
});

describe('an S3 endpoint that fails', () => {
  const servers: { close: () => unknown }[] = [];
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  async function listen(server: Server | ReturnType<typeof createTcpServer>) {
    servers.push(server);
    server.on('connection', (socket: Socket) => sockets.push(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const openAt = (url: string, options: Partial<S3ObjectsOptions> = {}) =>
    openS3Objects({
      ...optionsFor({ url, accessKey: 'AKIDTEST', secretKey: 'hush' }),
      timeoutMs: 300,
      ...options,
    });
  const answering = (answer: (response: ServerResponse) => void) =>
    listen(createServer((_, response) => answer(response)));

  test('is given up at the deadline when it accepts and never answers', async () => {
    const store = openAt(await listen(createTcpServer()));
    const object = { key: 'a', bytes: Buffer.alloc(200_000), contentType: 'text/plain' };
    const startedMs = Date.now();
    const calls = [
      store.check(),
      store.get('a'),
      store.put(object),
      store.remove(['a']),
      store.ensureBucket(),
    ];
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { reason: 'timeout' } });
      expect(outcome.status === 'rejected' && isObjectStoreAway(outcome.reason)).toBe(true);
    }
    expect(Date.now() - startedMs).toBeLessThan(5000);
  });

  test('is given up at the deadline when an answer begins and never ends', async () => {
    const url = await answering((response) =>
      response.writeHead(200, { 'content-length': 10 }).write('half'),
    );
    await expect(openAt(url).get('a')).rejects.toMatchObject({ reason: 'timeout' });
  });

  test('does not pass a torn answer for a whole object', async () => {
    const url = await answering((response) => {
      response.writeHead(200, { 'content-length': 10 }).write('half', () => response.destroy());
    });
    await expect(openAt(url).get('a')).rejects.toMatchObject({
      name: 'ObjectStoreError',
      reason: 'unavailable',
    });
  });

  test('is unavailable when nobody listens, when it is overloaded and when a proxy answers for it', async () => {
    const free = await listen(createTcpServer());
    servers.pop()?.close();
    await expect(openAt(free).check()).rejects.toMatchObject({ reason: 'unavailable' });
    for (const status of [500, 502, 503]) {
      const url = await answering((response) => response.writeHead(status).end('<html>no</html>'));
      await expect(openAt(url).get('a')).rejects.toMatchObject({
        reason: 'unavailable',
        message: `s3 objects: get a: HTTP ${status}`,
      });
    }
  });

  test('does not hinder presigning, which calls nobody and signs the public host', async () => {
    const store = openAt('http://127.0.0.1:9', { publicUrl: 'https://objects.example.com' });
    const url = new URL(await store.presign({ key: 'a/b', fileName: 'b.zip', ttlSeconds: 60 }));
    expect(url.origin).toBe('https://objects.example.com');
    expect(url.pathname).toBe('/evidence/a/b');
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('host');
    expect(url.href).not.toContain('hush');
  });

  test.each([
    'localhost:9000',
    'ftp://host',
    'http://host/path',
    'http://user:hush@host',
    'http://host/?a=b',
    '',
  ])('cannot have the address %j', (endpoint) => {
    expect(() => openAt(endpoint)).toThrow(/an address must be http\(s\):\/\/host/);
    expect(() => openAt('http://127.0.0.1:9', { publicUrl: endpoint })).toThrow(/an address must be/);
  });
});
