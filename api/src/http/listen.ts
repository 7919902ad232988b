import type { ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ERRORS, type ErrorCode } from '@origin-stack/contract/errors';
import { createListener } from '@origin-stack/core/infra/createListener';
import { authorityOf } from '@origin-stack/core/infra/hosts';
import { StartError } from '@origin-stack/core/infra/runProcess';
import type { Express } from 'express';
import type { ApiDeps } from '../wire.ts';
import { endServer } from './endServer.ts';
import { PROBLEM_TYPE, problem } from './problem.ts';
import { readRest } from './readRest.ts';

const MAX_HEADER_BYTES = 16_384;

/** How long a client may take. Node looks only so often: without a short interval a deadline of 10 s means 40. */
export interface ListenTimeouts {
  headersMs: number;
  requestMs: number;
  checkEveryMs: number;
}

const TIMEOUTS: ListenTimeouts = { headersMs: 10_000, requestMs: 30_000, checkEveryMs: 1_000 };

export interface Listener {
  port: number;
  /** Takes what comes in a last moment, answers what is under way, and ends. */
  close(): Promise<void>;
}

export interface ListenOptions {
  deps: ApiDeps;
  /** The setting that says the port. */
  name: string;
  host: string;
  port: number;
  /** Whose certificates are admitted, under mutual TLS; all of the installation where unset. */
  clientNames?: readonly string[];
  timeouts?: ListenTimeouts;
}

/** Serves an application within deadlines. Throws {@link StartError} where the port is taken. */
export async function listen(app: Express, options: ListenOptions): Promise<Listener> {
  const timeouts = options.timeouts ?? TIMEOUTS;
  const { tls, log } = options.deps;
  const http = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: timeouts.headersMs,
    requestTimeout: timeouts.requestMs,
    connectionsCheckingInterval: timeouts.checkEveryMs,
    keepAliveTimeout: 65_000,
    // Node would answer these two by itself, and not with a problem.
    requireHostHeader: false,
  };
  const { clientNames } = options;
  const server = createListener({ tls, log, http, ...(clientNames ? { clientNames } : {}) }, app);
  // Counting is ours, with an answer; node would drop what is beyond its own number without a word.
  server.maxHeadersCount = 0;
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  const newest = new WeakMap<Socket, ServerResponse>();
  server.prependListener('request', ({ socket }, response) => void newest.set(socket, response));
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const response = newest.get(socket);
    // The answer went out, and only the rest of that body was still awaited.
    if (response?.headersSent && !response.req.complete) socket.destroy();
    else refuse(options.deps, error, socket);
  });
  const close = endServer(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(startError(error, options)));
    server.listen(options.port, options.host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close };
}

function startError(
  error: NodeJS.ErrnoException,
  { name, host, port }: { name: string; host: string; port: number },
) {
  if (error.code === 'EADDRINUSE') {
    return new StartError(
      `${name}: another process listens on ${authorityOf(host, port)}. Stop it, or set another ${name}.`,
    );
  }
  return new StartError(`${name}: cannot listen on ${authorityOf(host, port)}: ${error.code}`);
}

/** Helmet's part where there is no application: the reply is text that nobody may keep or take for a page. */
const SECURITY =
  "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'\r\n";

/** What HTTP itself does not let through to the application is answered as a problem too. */
function refuse(deps: ApiDeps, error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const [code, detail] = refusal(error.code);
  const requestId = deps.ids.next();
  const { status, title } = ERRORS[code];
  const body = JSON.stringify(problem(code, { detail, requestId, publicUrl: deps.settings.PUBLIC_URL }));
  deps.log.info({ request_id: requestId, status, code: error.code }, 'request refused');
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `X-Request-Id: ${requestId}\r\n${SECURITY}Connection: close\r\n\r\n${body}`,
  );
  // Node would go on to parse what comes, and call this again for each part of it.
  socket.removeAllListeners('data');
  void readRest(socket).then(() => socket.destroy());
}

function refusal(code: string | undefined): [ErrorCode, string] {
  if (code === 'HPE_HEADER_OVERFLOW')
    return ['headers_too_large', 'The header fields are larger than 16 KiB.'];
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ['request_timeout', 'The request did not arrive in time.'];
  return ['malformed_request', 'The request is not HTTP as RFC 9112 has it.'];
}
