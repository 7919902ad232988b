import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the peer received it. */
export type Received = { method: string; url: string; headers: IncomingMessage['headers']; body: string };

/** A real HTTP server on a free loopback port that records each request and answers as it is told. */
export async function startPeer(answer: (received: Received, number: number) => Answer) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() };
      received.push(one);
      const reply = answer(one, received.length);
      if (reply === 'hang') return;
      if (reply === 'cut') {
        request.socket.destroy();
        return;
      }
      response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
      response.end(reply.raw ?? (reply.json === undefined ? undefined : JSON.stringify(reply.json)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, close };
}

/** What to answer: a reply, a cut connection, or nothing at all. */
export type Answer =
  | { status?: number; headers?: Record<string, string>; json?: unknown; raw?: string | Buffer }
  | 'cut'
  | 'hang';
