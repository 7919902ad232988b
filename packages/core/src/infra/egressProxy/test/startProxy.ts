import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { withoutBrackets } from '../../hosts.ts';

/** What a proxy does with a CONNECT: answers with a status, lets it wait, closes, or makes the connection. */
export type ProxyBehaviour = number | 'silent' | 'close' | 'connect';

export interface TestProxy {
  /** With credentials where some are demanded. */
  url: string;
  port: number;
  /** Of each CONNECT: what was asked for and the credentials that came with it. */
  asked: { target: string; authorization: string | undefined }[];
  /** Connections from clients that are open. */
  open(): number;
  stop(): Promise<void>;
}

export interface TestProxyOptions {
  /** `user:password`, without what a URL must escape. Others are answered 407. */
  credentials?: string;
  behave?: (target: string) => ProxyBehaviour;
  /** Where a target really is; itself unless told. */
  at?: (target: string) => { host: string; port: number };
  tls?: { key: string; cert: string };
}

/** A real proxy for CONNECT on loopback. */
export async function startProxy(options: TestProxyOptions = {}): Promise<TestProxy> {
  const { credentials, behave = () => 'connect' as const, at = hostAndPort, tls } = options;
  const asked: TestProxy['asked'] = [];
  const clients = new Set<Socket>();
  const server = tls ? createTlsServer(tls) : createServer();
  server.on('connection', (socket: Socket) => {
    clients.add(socket.on('error', () => {}).on('close', () => clients.delete(socket)));
  });
  server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
    client.on('error', () => {});
    const target = request.url ?? '';
    const authorization = request.headers['proxy-authorization'];
    asked.push({ target, authorization });
    const demanded = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
    const behaviour = demanded && authorization !== demanded ? 407 : behave(target);
    if (behaviour === 'silent') return void client.resume().on('end', () => client.end());
    if (behaviour === 'close') return client.destroy();
    if (behaviour !== 'connect') return client.end(`HTTP/1.1 ${behaviour} No\r\nContent-Length: 0\r\n\r\n`);
    const upstream = connect(at(target), () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const client of clients) client.destroy();
    });
  const before = credentials ? `${credentials}@` : '';
  const host = tls ? 'localhost' : '127.0.0.1';
  const url = `${tls ? 'https' : 'http'}://${before}${host}:${port}`;
  return { url, port, asked, open: () => clients.size, stop };
}

function hostAndPort(target: string): { host: string; port: number } {
  const url = new URL(`tcp://${target}`);
  return { host: withoutBrackets(url.hostname), port: Number(url.port) };
}
