import http from 'node:http';
import https from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { Log } from './log.ts';
import type { TlsIdentity } from './tlsIdentity.ts';
import { serverTls } from './tlsOptions.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;

export interface ListenerOptions {
  /** Plain where unset. */
  tls: TlsIdentity | undefined;
  log: Log;
  /** Whose certificates (CN) are admitted; all that the authority signed where unset. */
  clientNames?: readonly string[];
  http?: http.ServerOptions;
}

/**
 * An HTTP server; under an identity one that demands a certificate of the same authority, and ends the connection of
 * a client that has none, or a name that is not listed, before a byte of a request is read. Renewed files hold for new
 * connections; open ones go on.
 */
export function createListener(options: ListenerOptions, handler: http.RequestListener): http.Server {
  const { tls, log } = options;
  if (!tls) return http.createServer(options.http ?? {}, handler);
  const server = https.createServer(
    { ...options.http, ...serverTls(tls), handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
    handler,
  );
  const unfollow = tls.onChange(() => server.setSecureContext(serverTls(tls)));
  server.once('close', unfollow);
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) =>
    log.info({ code: error.code, address: socket.remoteAddress }, 'a TLS connection was refused'),
  );
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    const name = socket.getPeerCertificate().subject?.CN;
    const names = options.clientNames;
    if (!names || (typeof name === 'string' && names.includes(name))) return;
    log.warn(
      { name, address: socket.remoteAddress },
      'a client was refused: API_CLIENT_NAMES has no such name',
    );
    socket.destroy();
  });
  return server;
}
