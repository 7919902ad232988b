import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createAddressRules } from '../../domain/webhooks/addressRules.ts';
import type { WebhookSendError } from '../../domain/webhooks/deliveryPorts.ts';
import { makeCertificate } from './test/makeCertificate.ts';
import { type Answer, type Receiver, startReceiver } from './test/startReceiver.ts';
import { createWebhookSender, type WebhookSenderOptions } from './webhookSender.ts';

const dir = mkdtempSync(join(tmpdir(), 'webhook-sender-'));
afterAll(() => rmSync(dir, { recursive: true }));

const receivers: Receiver[] = [];
afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.stop();
});

async function receiver(answer?: Answer, options?: Parameters<typeof startReceiver>[1]): Promise<Receiver> {
  const started = await startReceiver(answer, options);
  receivers.push(started);
  return started;
}

const loopback = createAddressRules({ allowedCidrs: ['127.0.0.0/8', '::1/128'], neverEndpoints: [] });
const strict = createAddressRules({ allowedCidrs: [], neverEndpoints: [] });

async function send(url: string, options: Partial<WebhookSenderOptions> = {}) {
  const sender = await createWebhookSender({ rules: loopback, ...options });
  const headers = { 'Content-Type': 'application/json', 'X-Correlation-Id': 'c-1' };
  return sender.send({ url, headers, body: '{"n":"ü"}', signal: new AbortController().signal });
}

const failure = async (url: string, options: Partial<WebhookSenderOptions> = {}) => {
  const result = await send(url, options).catch((error: WebhookSendError) => error);
  if (!(result instanceof Error)) throw new Error(`it was answered with ${result.status}`);
  return result;
};

describe('what is sent', () => {
  it('arrives as one POST with exactly the body and the headers given', async () => {
    const hook = await receiver();
    expect(await send(`${hook.url}?a=b`)).toEqual({ status: 204, retryAfterSeconds: undefined });
    expect(hook.received).toHaveLength(1);
    expect(hook.received[0]).toMatchObject({ method: 'POST', path: '/hook?a=b', body: '{"n":"ü"}' });
    expect(hook.received[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '10',
      'x-correlation-id': 'c-1',
      'accept-encoding': 'identity',
      host: `127.0.0.1:${hook.port}`,
    });
  });

  it('goes out on a connection of its own each time', async () => {
    const hook = await receiver();
    const sender = await createWebhookSender({ rules: loopback });
    for (let i = 0; i < 3; i += 1) {
      await sender.send({ url: hook.url, headers: {}, body: '{}', signal: new AbortController().signal });
    }
    expect(hook.connections()).toBe(3);
  });

  it('reaches an IPv6 literal that the operator admits', async () => {
    const hook = await receiver(undefined, { host: '::1' });
    const resolve = () => Promise.reject(new Error('a literal is not looked up'));
    expect(await send(hook.url, { resolve })).toMatchObject({ status: 204 });
  });

  it('reaches a host of which one address is dead', async () => {
    const hook = await receiver();
    const resolve = async () => ['127.0.0.2', '127.0.0.1'];
    expect(await send(`http://hook.example:${hook.port}/`, { resolve })).toMatchObject({ status: 204 });
  });

  it('reads a 4xx and a 5xx with its Retry-After as answers', async () => {
    const hook = await receiver((response) => response.writeHead(503, { 'retry-after': '120' }).end('later'));
    expect(await send(hook.url)).toEqual({ status: 503, retryAfterSeconds: 120 });
  });
});

describe('where nothing is sent', () => {
  it.each([
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '127.1',
    '127.0.0.1.',
    '0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '１２７.0.0.1',
    '127。0。0。1',
    '127%2e0%2e0%2e1',
    'user@127.0.0.1',
    'localhost',
    'localhost.',
  ])('loopback written as %s is refused without a connection', async (host) => {
    const hook = await receiver();
    expect(await failure(`http://${host}:${hook.port}/`, { rules: strict })).toMatchObject({
      code: 'refused_address',
    });
    expect(hook.connections()).toBe(0);
  });

  it('a name with one good and one bad record is refused', async () => {
    const hook = await receiver();
    const resolve = async () => ['127.0.0.1', '10.0.0.1'];
    const error = await failure(`http://hook.example:${hook.port}/`, { resolve });
    expect(error).toMatchObject({ code: 'refused_address' });
    expect(hook.connections()).toBe(0);
  });

  it.each(['169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '64:ff9b::a9fe:a9fe', 'fe80::1%1'])(
    'a name that leads to %s is refused even where everything is allowed',
    async (address) => {
      const rules = createAddressRules({ allowedCidrs: ['0.0.0.0/0', '::/0'], neverEndpoints: [] });
      const error = await failure('http://metadata.example/', { rules, resolve: async () => [address] });
      expect(error).toMatchObject({ code: 'refused_address' });
    },
  );

  it('a name that leads to a port of our own is refused without a connection', async () => {
    const hook = await receiver();
    const neverEndpoints = [{ networks: ['127.0.0.0/8'], port: hook.port }];
    const rules = createAddressRules({ allowedCidrs: ['127.0.0.0/8'], neverEndpoints });
    const resolve = async () => ['127.0.0.1'];
    expect(await failure(`http://hook.example:${hook.port}/`, { rules, resolve })).toMatchObject({
      code: 'refused_address',
    });
    expect(hook.connections()).toBe(0);
  });

  it('a name that changes after its check is connected to at the checked address', async () => {
    const good = await receiver();
    const bad = await receiver(undefined, { host: '127.0.0.2' });
    const rules = createAddressRules({ allowedCidrs: ['127.0.0.1/32'], neverEndpoints: [] });
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return asked === 1 ? ['127.0.0.1'] : ['127.0.0.2'];
    };
    expect(await send(`http://rebind.example:${good.port}/`, { rules, resolve })).toMatchObject({
      status: 204,
    });
    expect(good.received[0]?.headers.host).toBe(`rebind.example:${good.port}`);
    expect(asked).toBe(1);
    expect(await failure(`http://rebind.example:${bad.port}/`, { rules, resolve })).toMatchObject({
      code: 'refused_address',
    });
    expect(bad.connections()).toBe(0);
  });

  it('a redirect is a failure and is not followed', async () => {
    const target = await receiver();
    const hook = await receiver((response) => response.writeHead(307, { location: target.url }).end());
    expect(await failure(hook.url)).toMatchObject({ code: 'redirect', status: 307 });
    expect(target.connections()).toBe(0);
  });

  it('the message of a refusal names no address', async () => {
    const error = await failure('http://inside.example/', {
      rules: strict,
      resolve: async () => ['10.9.8.7'],
    });
    expect(error.message).not.toContain('10.9.8.7');
  });
});

describe('answers that would cost us', () => {
  it('a body that drips is cut off at the deadline', async () => {
    const timers: NodeJS.Timeout[] = [];
    const hook = await receiver((response) => {
      response.writeHead(200);
      timers.push(setInterval(() => response.write('.'), 20));
    });
    const begunMs = performance.now();
    expect(await failure(hook.url, { timeoutMs: 300 })).toMatchObject({ code: 'timeout' });
    expect(performance.now() - begunMs).toBeLessThan(3000);
    for (const timer of timers) clearInterval(timer);
  });

  it('a header that never comes, and a name that never resolves, end at the deadline', async () => {
    const hook = await receiver(() => {});
    expect(await failure(hook.url, { timeoutMs: 200 })).toMatchObject({ code: 'timeout' });
    const resolve = () => new Promise<string[]>(() => {});
    expect(await failure('http://slow.example/', { timeoutMs: 200, resolve })).toMatchObject({
      code: 'timeout',
    });
  });

  it('a TLS handshake that never ends is cut off at the deadline', async () => {
    const mute = createServer();
    const sockets: Socket[] = [];
    mute.on('connection', (socket) => sockets.push(socket.on('error', () => {}).resume()));
    await new Promise<void>((done) => mute.listen(0, '127.0.0.1', done));
    const { port } = mute.address() as AddressInfo;
    const begunMs = performance.now();
    expect(await failure(`https://127.0.0.1:${port}/`, { timeoutMs: 200 })).toMatchObject({
      code: 'timeout',
    });
    expect(performance.now() - begunMs).toBeLessThan(800);
    await eventually(() => sockets.length > 0 && sockets.every((socket) => socket.closed));
    await new Promise((done) => mute.close(done));
  });

  it('a body beyond the bound is not read further', async () => {
    let writtenBytes = 0;
    const hook = await receiver((response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(65_536, 'x');
      const pour = () => {
        while (!response.destroyed && writtenBytes < 200_000_000) {
          writtenBytes += chunk.length;
          if (!response.write(chunk)) return;
        }
      };
      response.on('drain', pour);
      pour();
    });
    expect(await failure(hook.url)).toMatchObject({ code: 'too_large' });
    expect(writtenBytes).toBeLessThan(100_000_000);
  });

  it('a decompression bomb is never unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000));
    const hook = await receiver((response) =>
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': bomb.length }).end(bomb),
    );
    // 20 MB packed in 20 kB: within the bound of 64 KiB only where it stays packed.
    expect(bomb.length).toBeLessThan(65_536);
    expect(await send(hook.url)).toMatchObject({ status: 200 });
  });

  it('a header of 100 kB is refused', async () => {
    const hook = await receiver((response) =>
      response.writeHead(200, { 'x-big': 'x'.repeat(100_000) }).end(),
    );
    expect(await failure(hook.url)).toMatchObject({ code: 'too_large' });
  });

  it('a closed port and an unknown name are connection failures with their code', async () => {
    const hook = await receiver();
    await hook.stop();
    expect(await failure(hook.url)).toMatchObject({ code: 'connection', message: 'ECONNREFUSED' });
    const resolve = async () => {
      throw Object.assign(new Error('no'), { code: 'ENOTFOUND' });
    };
    expect(await failure('http://no.example/', { resolve })).toMatchObject({ message: 'ENOTFOUND' });
    expect(await failure('http://no.example/', { resolve: async () => [] })).toMatchObject({
      code: 'connection',
    });
  });
});

describe('TLS', () => {
  const certificate = makeCertificate('hook.example');
  const resolve = async () => ['127.0.0.1'];

  it('an unknown certificate is refused before anything is sent', async () => {
    const hook = await receiver(undefined, { tls: certificate });
    const error = await failure(`https://hook.example:${hook.port}/`, { resolve });
    expect(error).toMatchObject({ code: 'tls', message: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(hook.received).toHaveLength(0);
  });

  it('a certificate of the own CA file is accepted for its name and no other', async () => {
    const caFile = join(dir, 'ca.pem');
    await writeFile(caFile, certificate.cert);
    const hook = await receiver(undefined, { tls: certificate });
    expect(await send(`https://hook.example:${hook.port}/`, { resolve, caFile })).toMatchObject({
      status: 204,
    });
    const error = await failure(`https://other.example:${hook.port}/`, { resolve, caFile });
    expect(error).toMatchObject({ code: 'tls', message: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  it('a CA file that is missing or holds no certificate stops the start', async () => {
    await expect(createWebhookSender({ rules: strict, caFile: join(dir, 'none.pem') })).rejects.toThrow(
      'ENOENT',
    );
    const caFile = join(dir, 'noise.pem');
    await writeFile(caFile, 'not a certificate');
    await expect(createWebhookSender({ rules: strict, caFile })).rejects.toThrow('holds no certificate');
    await writeFile(caFile, certificate.cert.replace('MII', 'XXX'));
    await expect(createWebhookSender({ rules: strict, caFile })).rejects.toThrow();
  });
});

it('an attempt that we give up is not told as a failure of the endpoint', async () => {
  const hook = await receiver(() => {});
  const stop = new AbortController();
  const sender = await createWebhookSender({ rules: loopback });
  const sent = sender.send({ url: hook.url, headers: {}, body: '{}', signal: stop.signal });
  stop.abort(new Error('the worker stops'));
  await expect(sent).rejects.toThrow('the worker stops');
});
