import { errorOfReply } from './errorOfReply.ts';
import { OriginError } from './originError.ts';

/** How a client sends: where to, with which headers, how long and how often. */
export type Transport = {
  fetch: typeof globalThis.fetch;
  /** Without a slash at its end. */
  baseUrl: string;
  headers: () => Record<string, string>;
  timeoutMs: number;
  maxRetries: number;
};

/** What a caller may say for one call. */
export type CallOptions = {
  /** 1-255 visible ASCII; with it a repetition has no second effect, so the call is retried. */
  idempotencyKey?: string;
  /** 1-128 of `A-Za-z0-9._-`, carried through queue, worker and webhooks. */
  correlationId?: string;
  /** For each attempt. */
  timeoutMs?: number;
  signal?: AbortSignal;
};

/** One request; `repeatable` when sending it twice does no more than once. */
export type RequestSpec = {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  query?: Record<string, string | number | undefined> | undefined;
  body?: unknown;
  repeatable?: boolean;
};

const retriedStatuses = [429, 502, 503, 504];
const longestDelayMs = 30_000;

/**
 * Sends one request and returns the parsed reply, `undefined` for 204. A repeatable one (GET, DELETE, with
 * an idempotency key, or said so) is tried again after a network failure, a timeout, 429, 502, 503, 504 or
 * `idempotency_in_flight`, after `Retry-After` or a growing random pause; a `Retry-After` over 30 s is left
 * to the caller. A DELETE that finds nothing after an attempt whose reply was lost is done. Throws
 * {@link OriginError}; the signal's reason when the caller aborted.
 */
export async function sendRequest(
  transport: Transport,
  spec: RequestSpec,
  options: CallOptions,
): Promise<unknown> {
  const repeatable =
    spec.repeatable === true ||
    ['GET', 'DELETE'].includes(spec.method) ||
    options.idempotencyKey !== undefined;
  const request = buildRequest(transport, spec, options);
  let mayBeDone = false;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await sendOnce(transport, request, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof OriginError)) throw error;
      if (mayBeDone && spec.method === 'DELETE' && error.code === 'not_found') return undefined;
      if (!repeatable || attempt >= transport.maxRetries) throw error;
      // Only 429 says for sure that nothing was done.
      mayBeDone ||= error.status !== 429;
      const delayMs = retryDelayMs(error, attempt);
      if (delayMs === null) throw error;
      await pause(delayMs, options.signal);
    }
  }
}

type Built = { url: string; init: RequestInit };

function buildRequest(transport: Transport, spec: RequestSpec, options: CallOptions): Built {
  const headers = new Headers({ Accept: 'application/json', ...transport.headers() });
  if (options.idempotencyKey !== undefined) headers.set('Idempotency-Key', options.idempotencyKey);
  if (options.correlationId !== undefined) headers.set('X-Correlation-Id', options.correlationId);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(spec.query ?? {})) {
    if (value !== undefined) query.set(name, String(value));
  }
  const init: RequestInit = { method: spec.method, headers, redirect: 'manual' };
  if (spec.body !== undefined) {
    headers.set('Content-Type', 'application/json');
    init.body = JSON.stringify(spec.body);
  }
  return { url: `${transport.baseUrl}${spec.path}${query.size > 0 ? `?${query}` : ''}`, init };
}

async function sendOnce(transport: Transport, { url, init }: Built, options: CallOptions): Promise<unknown> {
  const deadline = AbortSignal.timeout(options.timeoutMs ?? transport.timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  try {
    const reply = await transport.fetch(url, { ...init, signal });
    if (!reply.ok) throw await errorOfReply(reply);
    if (reply.status === 204) return undefined;
    return readJson(await reply.text(), reply);
  } catch (error) {
    if (error instanceof OriginError) throw error;
    if (deadline.aborted)
      throw new OriginError({ code: 'timeout', message: 'no whole reply in time', cause: error });
    throw new OriginError({
      code: 'network_error',
      message: 'the service could not be reached',
      cause: error,
    });
  }
}

function readJson(text: string, reply: Response): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const requestId = reply.headers.get('x-request-id') ?? undefined;
    const message = 'the reply is not JSON';
    throw new OriginError({ code: 'unexpected_reply', message, status: reply.status, requestId, cause });
  }
}

function retryDelayMs(error: OriginError, attempt: number): number | null {
  const lost = error.code === 'network_error' || error.code === 'timeout';
  const busy = error.code === 'idempotency_in_flight' || retriedStatuses.includes(error.status ?? 0);
  if (!lost && !busy) return null;
  if (error.retryAfterSeconds !== undefined) {
    const delayMs = error.retryAfterSeconds * 1000;
    return delayMs <= longestDelayMs ? delayMs : null;
  }
  return 250 * 2 ** attempt * (0.5 + Math.random() / 2);
}

/** Waits; rejects with the signal's reason as soon as the caller aborts. */
export function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, delayMs);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
