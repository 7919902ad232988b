import http from 'node:http';
import https from 'node:https';
import { isIP, type Socket } from 'node:net';
import { authorityOf, withoutBrackets } from '../hosts.ts';
import { EgressProxyError, refusal } from './egressProxyError.ts';

export interface ProxyAddress {
  /** `http(s)://host[:port]`; credentials in it are not looked at. */
  url: URL;
  /** Sent as Proxy-Authorization. */
  authorization: string | undefined;
  /** Whom a proxy's certificate may be signed by; the public authorities where unset. */
  ca?: string[] | undefined;
}

export interface Target {
  host: string;
  port: number;
}

/**
 * A connection to `target` that the proxy made for us (RFC 9110, CONNECT). Rejects with `EgressProxyError`, also where
 * `signal` ends the wait; afterwards the signal means nothing to the connection.
 */
export function connectThroughProxy(
  proxy: ProxyAddress,
  target: Target,
  signal: AbortSignal,
): Promise<Socket> {
  const authority = authorityOf(target.host, target.port);
  const { authorization, ca } = proxy;
  return new Promise((resolve, reject) => {
    const away = (message: string, cause?: unknown) =>
      reject(new EgressProxyError('EPROXYAWAY', message, { cause }));
    const { request: begin } = proxy.url.protocol === 'https:' ? https : http;
    const host = withoutBrackets(proxy.url.hostname);
    const request = begin({
      method: 'CONNECT',
      host,
      // Else Node would take the name from the header, which is the target's.
      servername: isIP(host) ? '' : host,
      port: proxy.url.port || undefined,
      path: authority,
      agent: false,
      headers: { host: authority, ...(authorization ? { 'proxy-authorization': authorization } : {}) },
      ...(ca ? { ca } : {}),
    });
    const giveUp = () => {
      away('the egress proxy did not answer in time', signal.reason);
      request.destroy();
    };
    signal.addEventListener('abort', giveUp, { once: true });
    request.once('close', () => signal.removeEventListener('abort', giveUp));
    request.on('error', (error: NodeJS.ErrnoException) =>
      away(`the egress proxy cannot be used: ${error.code ?? error.name}`, error),
    );
    request.once('connect', ({ statusCode = 0 }, socket: Socket, head) => {
      signal.removeEventListener('abort', giveUp);
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        return reject(refusal(statusCode));
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    if (signal.aborted) giveUp();
    else request.end();
  });
}
