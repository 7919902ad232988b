import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createAddressRules } from '../../domain/webhooks/addressRules.ts';
import type { WebhookSendError } from '../../domain/webhooks/deliveryPorts.ts';
import { openEgressProxy } from '../egressProxy/egressProxy.ts';
import { startProxy, type TestProxy, type TestProxyOptions } from '../egressProxy/test/startProxy.ts';
import { makeCertificate } from './test/makeCertificate.ts';
import { type Receiver, startReceiver } from './test/startReceiver.ts';
import { createWebhookSender, type WebhookSenderOptions } from './webhookSender.ts';

const certificate = makeCertificate('hook.example.org');
const dir = mkdtempSync(join(tmpdir(), 'webhook-proxy-'));
const caFile = join(dir, 'ca.pem');
writeFileSync(caFile, certificate.cert);
afterAll(() => rmSync(dir, { recursive: true }));

const opened: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop();
});
async function keep<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const one = await starting;
  opened.push(one);
  return one;
}

/** A receiver, and a proxy for which it is at whatever address is asked for. */
async function setUp(options: TestProxyOptions & { tls?: never; plain?: boolean } = {}) {
  const hook = await keep(startReceiver(undefined, options.plain ? {} : { tls: certificate }));
  const at = () => ({ host: '127.0.0.1', port: hook.port });
  const proxy = await keep(startProxy({ at, ...options }));
  return { hook, proxy, url: `http${options.plain ? '' : 's'}://hook.example.org:${hook.port}/hook` };
}

const rules = createAddressRules({ allowedCidrs: [], neverEndpoints: [] });
const resolve = async () => ['93.184.216.34'];
const openAt = (url: string, direct: string[] = []) =>
  openEgressProxy({ EGRESS_PROXY_URL: url, EGRESS_NO_PROXY: direct });

async function send(url: string, options: Partial<WebhookSenderOptions>) {
  const sender = await createWebhookSender({ rules, resolve, caFile, ...options });
  return sender.send({ url, headers: { 'X-A': 'b' }, body: '{}', signal: new AbortController().signal });
}
const failure = async (url: string, options: Partial<WebhookSenderOptions>): Promise<WebhookSendError> => {
  const result = await send(url, options).catch((error: WebhookSendError) => error);
  if (!(result instanceof Error)) throw new Error(`it was answered with ${result.status}`);
  return result;
};
const allClosed = (hook: Receiver, proxy: TestProxy) =>
  eventually(async () => proxy.open() === 0 && hook.connections() === hook.received.length);

describe('a webhook through the proxy', () => {
  it('reaches its endpoint by the checked address, with TLS by the name', async () => {
    const { hook, proxy, url } = await setUp({ credentials: 'origin:right-hunter2' });
    let looked = 0;
    const counted = () => {
      looked += 1;
      return resolve();
    };
    const sent = send(url, { proxy: openAt(proxy.url), resolve: counted });
    expect(await sent).toEqual({ status: 204, retryAfterSeconds: undefined });
    expect(proxy.asked).toEqual([
      { target: `93.184.216.34:${hook.port}`, authorization: expect.stringMatching(/^Basic /) },
    ]);
    expect(looked).toBe(1);
    const { headers, body } = hook.received[0]!;
    expect(headers).toMatchObject({ host: `hook.example.org:${hook.port}`, 'x-a': 'b' });
    expect(headers).not.toHaveProperty('proxy-authorization');
    expect(body).toBe('{}');
    await allClosed(hook, proxy);
  });

  it('without TLS goes through a tunnel too', async () => {
    const { hook, proxy, url } = await setUp({ plain: true });
    expect(await send(url, { proxy: openAt(proxy.url) })).toMatchObject({ status: 204 });
    expect(proxy.asked).toEqual([{ target: `93.184.216.34:${hook.port}`, authorization: undefined }]);
    expect(hook.received[0]).toMatchObject({ method: 'POST', path: '/hook' });
    await allClosed(hook, proxy);
  });

  it('is refused where the endpoint proves another name', async () => {
    const { hook, proxy } = await setUp();
    const url = `https://other.example.org:${hook.port}/`;
    expect(await failure(url, { proxy: openAt(proxy.url) })).toMatchObject({ code: 'tls' });
    expect(hook.received).toHaveLength(0);
  });

  it('never gets to the proxy where one address is refused', async () => {
    const { proxy, url } = await setUp();
    const mixed = async () => ['93.184.216.34', '10.9.8.7'];
    const inside = await failure(url, { proxy: openAt(proxy.url), resolve: mixed });
    expect(inside).toMatchObject({ code: 'refused_address' });
    const literal = await failure('http://[fd00::1]/', { proxy: openAt(proxy.url) });
    expect(literal).toMatchObject({ code: 'refused_address' });
    expect(proxy.asked).toEqual([]);
  });

  it('to a public IPv6 literal goes through it', async () => {
    const { hook, proxy } = await setUp({ plain: true });
    const url = `http://[2606:2800:220:1::1]:${hook.port}/`;
    expect(await send(url, { proxy: openAt(proxy.url) })).toMatchObject({ status: 204 });
    expect(proxy.asked[0]?.target).toBe(`[2606:2800:220:1::1]:${hook.port}`);
  });

  it.each([502, 'silent'] as const)('tries the next address where the first gives %s', async (first) => {
    const behave = (target: string) => (target.startsWith('[') ? first : 'connect');
    const { hook, proxy, url } = await setUp({ behave });
    const both = async () => ['2606:2800:220:1::1', '93.184.216.34'];
    expect(await send(url, { proxy: openAt(proxy.url), resolve: both })).toMatchObject({ status: 204 });
    const targets = proxy.asked.map(({ target }) => target);
    expect(targets).toEqual([`[2606:2800:220:1::1]:${hook.port}`, `93.184.216.34:${hook.port}`]);
    await allClosed(hook, proxy);
  });

  it('is cut off at the deadline where the endpoint does not answer', async () => {
    const hook = await keep(startReceiver(() => {}));
    const proxy = await keep(startProxy({ at: () => ({ host: '127.0.0.1', port: hook.port }) }));
    const url = `http://hook.example.org:${hook.port}/`;
    const error = await failure(url, { proxy: openAt(proxy.url), timeoutMs: 200 });
    expect(error).toMatchObject({ code: 'timeout' });
    expect(error.message).not.toContain('proxy');
    await eventually(() => proxy.open() === 0);
  });
});

describe('a webhook goes past the proxy', () => {
  const loopback = createAddressRules({ allowedCidrs: ['127.0.0.0/8'], neverEndpoints: [] });
  const here = async () => ['127.0.0.1'];

  it.each([
    ['its name is in the list', ['hook.example.org']],
    ['its domain is', ['.example.org']],
    ['all its addresses are loopback', []],
  ])('where %s', async (_, direct) => {
    const { hook, proxy, url } = await setUp();
    const options = { proxy: openAt(proxy.url, direct), rules: loopback, resolve: here };
    expect(await send(url, options)).toMatchObject({ status: 204 });
    expect(hook.received).toHaveLength(1);
    expect(proxy.asked).toEqual([]);
  });

  it('but not where only some of its addresses are in a network of the list', async () => {
    const { proxy, url } = await setUp();
    const some = async () => ['93.184.216.34', '198.41.0.4'];
    expect(await send(url, { proxy: openAt(proxy.url, ['198.41.0.0/24']), resolve: some })).toMatchObject({
      status: 204,
    });
    expect(proxy.asked).toHaveLength(1);
  });
});

describe('a proxy that opens no connection', () => {
  it.each([
    [407, 'proxy', /the egress proxy refuses our credentials: HTTP status 407/],
    [403, 'refused_address', /the egress proxy refuses the destination: HTTP status 403/],
    [502, 'connection', /the egress proxy did not reach the destination: HTTP status 502/],
    [504, 'connection', /the egress proxy did not reach the destination: HTTP status 504/],
    ['close', 'proxy', /the egress proxy cannot be used: ECONNRESET/],
    ['silent', 'proxy', /the egress proxy did not answer in time/],
  ] as const)('by %s is told as %s, and as the proxy', async (behaviour, code, message) => {
    const { hook, proxy, url } = await setUp({ behave: () => behaviour });
    const begunMs = performance.now();
    const error = await failure(url, { proxy: openAt(proxy.url), timeoutMs: 400 });
    expect(error).toMatchObject({ name: 'WebhookSendError', code, message });
    expect(performance.now() - begunMs).toBeLessThan(2_000);
    expect(hook.connections()).toBe(0);
    await eventually(() => proxy.open() === 0);
  });

  it('because it is down or our password is wrong says neither address nor password', async () => {
    const { proxy, url } = await setUp({ credentials: 'origin:right-hunter2' });
    const wrong = openAt(`http://origin:wrong-hunter2@127.0.0.1:${proxy.port}`);
    const refused = await failure(url, { proxy: wrong });
    expect(refused).toMatchObject({ code: 'proxy', message: /credentials/ });
    await opened.splice(opened.indexOf(proxy), 1)[0]!.stop();
    const down = await failure(url, { proxy: wrong });
    expect(down).toMatchObject({ code: 'proxy', message: /ECONNREFUSED/ });
    for (const error of [refused, down]) {
      expect(error.message).not.toContain('127.0.0.1');
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2');
    }
  });

  it('says nothing of an attempt that we give up ourselves', async () => {
    const { proxy, url } = await setUp({ behave: () => 'silent' });
    const stop = new AbortController();
    const sender = await createWebhookSender({ rules, resolve, caFile, proxy: openAt(proxy.url) });
    const sent = sender.send({ url, headers: {}, body: '{}', signal: stop.signal });
    stop.abort(new Error('the worker stops'));
    await expect(sent).rejects.toThrow('the worker stops');
  });
});
