import type { Server, ServerResponse } from 'node:http';

/**
 * Returns what ends a server: it takes no new connection, answers what is under way, and resolves. From then on each
 * answer says that it is the connection's last: on a kept connection a busy caller would send one request after another,
 * and the end would never come.
 */
export function endServer(server: Server): () => Promise<void> {
  const underWay = new Set<ServerResponse>();
  let isEnding = false;
  const makeLast = (response: ServerResponse) => {
    if (!response.headersSent) response.setHeader('Connection', 'close');
  };
  server.prependListener('request', (_request, response: ServerResponse) => {
    if (isEnding) makeLast(response);
    underWay.add(response);
    response.once('close', () => {
      underWay.delete(response);
      if (isEnding) server.closeIdleConnections();
    });
  });
  return () =>
    new Promise((resolve, reject) => {
      isEnding = true;
      for (const response of underWay) makeLast(response);
      server.close((error) => (error ? reject(error) : resolve()));
      server.closeIdleConnections();
    });
}
