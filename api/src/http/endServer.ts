import type { Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How long a server that ends still takes what comes. nginx keeps connections, and one that it uses meanwhile ends with its
 * answer; a request that set out in the instant in which its connection was closed would be lost, and only an ingest is sent again.
 */
const LINGER_MS = 500;

/**
 * Returns what ends a server: each answer from then on is its connection's last, after a moment it takes no new one, answers
 * what is under way, and resolves. Without that a busy caller would send one request after another on a kept connection, and
 * the end would never come.
 */
export function endServer(server: Server): () => Promise<void> {
  const underWay = new Set<ServerResponse>();
  let isEnding = false;
  let isClosed = false;
  const makeLast = (response: ServerResponse) => {
    if (!response.headersSent) response.setHeader('Connection', 'close');
  };
  server.prependListener('request', (_request, response: ServerResponse) => {
    if (isEnding) makeLast(response);
    underWay.add(response);
    response.once('close', () => {
      underWay.delete(response);
      if (isClosed) server.closeIdleConnections();
    });
  });
  return async () => {
    isEnding = true;
    for (const response of underWay) makeLast(response);
    await sleep(LINGER_MS);
    isClosed = true;
    await new Promise<void>((resolve, reject) => {
      server.close((error) => (error ? reject(error) : resolve()));
      server.closeIdleConnections();
    });
  };
}
