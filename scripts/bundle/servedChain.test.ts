import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { createTestAuthority, type TestAuthority } from '@origin-stack/testkit/tls/testAuthority';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { servedChain } from './servedChain.ts';

let authority: TestAuthority;
beforeAll(async () => {
  authority = await createTestAuthority();
});
afterAll(() => authority.remove());

async function listen(server: Server): Promise<number> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => open.add(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const ask = (port: number, name = 'localhost', deadlineMs = 5_000) =>
  servedChain({ host: '127.0.0.1', port, name, deadlineMs });
const subjectsOf = (chain: X509Certificate[]) => chain.map(({ subject }) => subject);

it('gives what a listener sends by the name that was asked for, the leaf first', async () => {
  const [one, other] = [await authority.issue('one'), await authority.issue('other')];
  const contextOf = async ({ cert, key }: typeof one, ...more: string[]) => ({
    cert: (await Promise.all([cert, ...more].map((file) => readFile(file, 'utf8')))).join(''),
    key: await readFile(key, 'utf8'),
  });
  const server = createTlsServer(await contextOf(one));
  server.addContext('other.example', await contextOf(other, authority.ca));
  const port = await listen(server);
  expect(subjectsOf(await ask(port))).toEqual(['CN=one']);
  expect(subjectsOf(await ask(port, 'other.example'))).toEqual(['CN=other', 'CN=test authority']);
  // No name is sent for an address.
  expect(subjectsOf(await ask(port, '[::1]'))).toEqual(['CN=one']);
  const [leaf] = await ask(port);
  expect(leaf?.fingerprint256).toBe(new X509Certificate(await readFile(one.cert)).fingerprint256);
});

it.each<{ how: string; server: () => Server }>([
  { how: 'takes a connection and says nothing', server: () => createServer(() => {}) },
  {
    how: 'sends a byte of its answer now and then',
    server: () =>
      createServer((socket) => {
        // The head of a record that would take an hour.
        socket.write(Buffer.from([0x16, 0x03, 0x03, 0x40, 0x00]));
        const timer = setInterval(() => socket.write(Buffer.alloc(1)), 100);
        socket.once('close', () => clearInterval(timer));
      }),
  },
])('gives nothing for one that $how, when the time is over', async ({ server }) => {
  const port = await listen(server());
  const startedAt = performance.now();
  expect(await ask(port, 'localhost', 700)).toEqual([]);
  expect(performance.now() - startedAt).toBeLessThan(4_000);
});

it.each<{ how: string; server: () => Server }>([
  {
    how: 'speaks no TLS',
    server: () => createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
  },
  { how: 'hangs up', server: () => createServer((socket) => socket.destroy()) },
])('gives nothing, at once, for one that $how', async ({ server }) => {
  const startedAt = performance.now();
  expect(await ask(await listen(server()), 'localhost', 60_000)).toEqual([]);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

it('gives nothing where nobody listens', async () => {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  expect(await ask(port)).toEqual([]);
});
