import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { eventually } from '@origin-stack/testkit/eventually';
import { createTestAuthority } from '@origin-stack/testkit/tls/testAuthority';
import { afterEach, describe, expect, it } from 'vitest';
import { createLog, describeError } from '../log.ts';
import { openTlsIdentity } from '../tlsIdentity.ts';
import { openEgressProxy } from './egressProxy.ts';
import { startProxy, type TestProxy, type TestProxyOptions } from './test/startProxy.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const open = (url: string, direct: string[] = []) =>
  openEgressProxy({ EGRESS_PROXY_URL: url, EGRESS_NO_PROXY: direct })!;
const soon = () => AbortSignal.timeout(5_000);
const target = { host: 'far.example', port: 443 };

async function proxyOf(options: TestProxyOptions): Promise<TestProxy> {
  const proxy = await startProxy(options);
  closers.push(proxy.stop);
  return proxy;
}

/** A server that says a line to whoever connects, before it is asked. */
async function greeter(): Promise<{ host: string; port: number }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    socket.write('hello');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

describe('a connection through the proxy', () => {
  it('asks for the target with the credentials, and carries what either side says first', async () => {
    const there = await greeter();
    const proxy = await proxyOf({ credentials: 'me:p@ss wörd:1', at: () => there });
    const url = `http://me:p%40ss%20w%C3%B6rd%3A1@127.0.0.1:${proxy.port}`;
    for (const host of ['far.example', '2001:db8::1', '[2001:db8::2]']) {
      const socket = await open(url).connect({ host, port: 443 }, soon());
      expect(String((await once(socket, 'data'))[0])).toBe('hello');
      socket.destroy();
    }
    const targets = proxy.asked.map((one) => one.target);
    expect(targets).toEqual(['far.example:443', '[2001:db8::1]:443', '[2001:db8::2]:443']);
  });

  it('outlives the signal that bounded the wait for it', async () => {
    const there = await greeter();
    const proxy = await proxyOf({ at: () => there });
    const stop = new AbortController();
    const socket = await open(proxy.url).connect(target, stop.signal);
    stop.abort();
    expect(String((await once(socket, 'data'))[0])).toBe('hello');
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });

  it('to a proxy of https is made only where the proxy proves its own name', async () => {
    const authority = await createTestAuthority();
    closers.push(authority.remove);
    const { cert, key } = await authority.issue('proxy', { hosts: ['DNS:localhost'] });
    const tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
    const there = await greeter();
    const proxy = await proxyOf({ tls, at: () => there });
    const files = {
      TLS_CA_FILE: authority.ca,
      TLS_CERT_FILE: cert,
      TLS_KEY_FILE: key,
      TLS_EXTRA_CA_FILE: undefined,
    };
    const identity = await openTlsIdentity(files, { log: createLog({ service: 'test', level: 'silent' }) });
    closers.push(() => identity?.close());
    const at = (url: string) => openEgressProxy({ EGRESS_PROXY_URL: url, EGRESS_NO_PROXY: [] }, identity)!;
    const socket = await at(proxy.url).connect(target, soon());
    expect(String((await once(socket, 'data'))[0])).toBe('hello');
    socket.destroy();
    const otherName = at(`https://127.0.0.1:${proxy.port}`).connect(target, soon());
    await expect(otherName).rejects.toThrow('ERR_TLS_CERT_ALTNAME_INVALID');
    await expect(open(proxy.url).connect(target, soon())).rejects.toMatchObject({ code: 'EPROXYAWAY' });
    expect(proxy.asked).toHaveLength(1);
  });
});

describe('a proxy that opens no connection', () => {
  it.each([
    [407, 'EPROXYAUTH'],
    [403, 'EPROXYDENIED'],
    [502, 'EPROXYGATEWAY'],
    [503, 'EPROXYGATEWAY'],
    [302, 'EPROXYAWAY'],
    ['close', 'EPROXYAWAY'],
  ] as const)('that answers %s is told as %s', async (behaviour, code) => {
    const proxy = await proxyOf({ behave: () => behaviour });
    const error = await open(proxy.url)
      .connect(target, soon())
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'EgressProxyError', code });
    expect(error.message).toContain('the egress proxy');
    await eventually(() => proxy.open() === 0);
  });

  it('because it is silent is left when the signal says so', async () => {
    const proxy = await proxyOf({ behave: () => 'silent' });
    const connecting = open(proxy.url).connect(target, AbortSignal.timeout(100));
    await expect(connecting).rejects.toMatchObject({ code: 'EPROXYAWAY', message: /in time/ });
    await expect(open(proxy.url).connect(target, AbortSignal.abort())).rejects.toThrow('in time');
    await eventually(() => proxy.open() === 0);
    expect(proxy.asked).toHaveLength(1);
  });

  it('is told without its address, and its credentials stand nowhere', async () => {
    const proxy = await proxyOf({ credentials: 'origin:right-hunter2' });
    const wrong = open(`http://origin:wrong-hunter2@127.0.0.1:${proxy.port}`);
    await proxyOf({});
    const refused = await wrong.connect(target, soon()).catch((error) => error);
    await proxy.stop();
    const away = await wrong.connect(target, soon()).catch((error) => error);
    closers.splice(closers.indexOf(proxy.stop), 1);
    expect(refused).toMatchObject({ code: 'EPROXYAUTH' });
    expect(away).toMatchObject({ code: 'EPROXYAWAY', message: /ECONNREFUSED/ });
    for (const error of [refused, away]) {
      expect(error.message).not.toContain('127.0.0.1');
      const everything = inspect([error, wrong, describeError(error)], { depth: 10, showHidden: true });
      expect(everything).not.toContain('hunter2');
      expect(everything).not.toContain(Buffer.from('origin:wrong-hunter2').toString('base64'));
    }
  });
});

describe('what is reached without the proxy', () => {
  const proxy = open('http://127.0.0.1:3128', ['api.example.org', '.corp.example', '10.0.0.0/8', 'fd00::/8']);

  it.each([
    'vault',
    's3-guard',
    'localhost',
    'LOCALHOST',
    'localhost.',
    'x.localhost',
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    '[::1]',
    '::ffff:127.0.0.1',
    'api.example.org',
    'API.Example.Org.',
    'kms.corp.example',
    'a.b.corp.example',
    '10.1.2.3',
    'fd00::1',
    '[fd00::1]',
  ])('is %s', (host) => expect(proxy.isDirect(host)).toBe(true));

  it.each([
    'kms.eu-central-1.amazonaws.com',
    'example.org',
    'x.api.example.org',
    'notcorp.example',
    'corp.example',
    'localhost.example.org',
    '10.example.org',
    '128.0.0.1',
    '11.0.0.1',
    '2001:db8::1',
    '[2001:db8::1]',
  ])('is not %s', (host) => expect(proxy.isDirect(host)).toBe(false));

  it('is everything where no proxy is set', () => {
    expect(openEgressProxy({ EGRESS_PROXY_URL: undefined, EGRESS_NO_PROXY: [] })).toBeUndefined();
  });
});
