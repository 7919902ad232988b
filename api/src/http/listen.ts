import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ERRORS, type ErrorCode } from '@origin-stack/contract/errors';
import { StartError } from '@origin-stack/core/infra/runProcess';
import type { Express } from 'express';
import type { ApiDeps } from '../wire.ts';
import { endServer } from './endServer.ts';
import { PROBLEM_TYPE, problem } from './problem.ts';

const MAX_HEADER_BYTES = 16_384;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

export interface Listener {
  port: number;
  /** Takes no new connection, answers what is under way, and ends. */
  close(): Promise<void>;
}

/** Serves an application. Throws {@link StartError} where the port is taken. */
export async function listen(
  app: Express,
  options: { deps: ApiDeps; name: string; host: string; port: number },
): Promise<Listener> {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: 65_000,
    },
    app,
  );
  // Counting is ours, with an answer; node would drop what is beyond its own number without a word.
  server.maxHeadersCount = 0;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
    refuse(options.deps, error, socket),
  );
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
      `${name}: another process listens on ${host}:${port}. Stop it, or set another ${name}.`,
    );
  }
  return new StartError(`${name}: cannot listen on ${host}:${port}: ${error.code}`);
}

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
      `X-Request-Id: ${requestId}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function refusal(code: string | undefined): [ErrorCode, string] {
  if (code === 'HPE_HEADER_OVERFLOW')
    return ['headers_too_large', 'The header fields are larger than 16 KiB.'];
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ['request_timeout', 'The request did not arrive in time.'];
  return ['malformed_request', 'The request is not HTTP as RFC 9112 has it.'];
}
