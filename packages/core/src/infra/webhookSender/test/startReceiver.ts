import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Receiver {
  url: string;
  port: number;
  received: ReceivedRequest[];
  /** Connections accepted so far. */
  connections(): number;
  stop(): Promise<void>;
}

export type Answer = (response: ServerResponse, request: ReceivedRequest) => void;

/** A real HTTP server on loopback that keeps what it gets and answers as told. 204 unless told. */
export async function startReceiver(
  answer: Answer = (response) => response.writeHead(204).end(),
  options: { host?: string; tls?: { key: string; cert: string } } = {},
): Promise<Receiver> {
  const received: ReceivedRequest[] = [];
  let connections = 0;
  const server = options.tls ? createTlsServer(options.tls) : createServer();
  server.on('connection', () => {
    connections += 1;
  });
  server.on('request', async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url: path = '', headers } = request;
    const one = { method, path, headers, body: Buffer.concat(chunks).toString('utf8') };
    received.push(one);
    response.on('error', () => {});
    answer(response, one);
  });
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const shown = host.includes(':') ? `[${host}]` : host;
  return {
    url: `${options.tls ? 'https' : 'http'}://${shown}:${port}/hook`,
    port,
    received,
    connections: () => connections,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
