import http from 'node:http';
import https from 'node:https';

/** What the `minio` client asks of `http` and `https`. */
export type Transport = Pick<typeof http, 'request'>;

/**
 * HTTP whose requests are destroyed, answered or not, `timeoutMs` after they began. An agent's timeout only
 * tells that a socket is idle, and a black-holed one would be waited for without end.
 */
export function deadlineTransport(protocol: string, timeoutMs: number): Transport {
  const { request } = protocol === 'https:' ? https : http;
  const bounded = (options: https.RequestOptions, onResponse: (response: http.IncomingMessage) => void) => {
    const signal = AbortSignal.timeout(timeoutMs);
    return request({ ...options, signal }, (response) => {
      // Else a body cut off at the deadline would look like a connection that the other side reset.
      const end = () => response.destroy(signal.reason);
      signal.addEventListener('abort', end, { once: true });
      response.once('close', () => signal.removeEventListener('abort', end));
      onResponse(response);
    });
  };
  return { request: bounded as Transport['request'] };
}
