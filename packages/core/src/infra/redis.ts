import { createClient, ErrorReply, type SetOptions } from 'redis';
import { type Breaker, createBreaker } from './breaker.ts';
import { describeError, type Log } from './log.ts';
import type { TlsIdentity } from './tlsIdentity.ts';
import { clientTls } from './tlsOptions.ts';

const COMMAND_DEADLINE_MS = 500;
const CONNECT_TIMEOUT_MS = 2_000;
const PING_INTERVAL_MS = 10_000;
/** Longer than a ping's interval: only a connection that is dead, or never greets, is silent for so long. */
const SILENCE_TIMEOUT_MS = 15_000;
const REST_MS = 1_000;
const FAILURES = 5;
/** How soon it shows that the server refuses to write, though nobody writes. */
const WRITE_CHECK_MS = 2_000;
const WRITE_CHECK_TTL_SECONDS = 60;
/** How long a server that refuses to write is left with the connection that replaced another. */
const REFUSAL_REST_MS = 5_000;

interface Entry {
  key: string;
  value: string;
  ttlSeconds: number;
}

export interface Redis {
  /** Opens where Redis hangs or is away: then commands fail at once with `BreakerOpenError`. */
  readonly breaker: Breaker;
  /** True where commands can be sent now. */
  isReady(): boolean;
  get(key: string): Promise<string | null>;
  setWithTtl(entry: Entry): Promise<void>;
  /** What is there, else null after the entry was set. A server that takes no writes refuses either way. Redis 7 on. */
  setIfAbsent(entry: Entry): Promise<string | null>;
  info(): Promise<string>;
  ping(): Promise<void>;
  /** Why the server refused the last write, the regular look of the client itself included; undefined where it did not. */
  refusal(): string | undefined;
  /** Called each time a connection is ready, the first included: what was said meanwhile may have been missed. */
  onReady(callback: () => void): void;
  close(): Promise<void>;
}

export interface RedisOptions {
  url: string;
  name: string;
  log: Log;
  /** For a URL that begins with `rediss:`. */
  tls?: TlsIdentity | undefined;
  /** Called for each connection that breaks, does not come about or is given up, also one by one while Redis stays away. */
  onFailure?: () => void;
}

/**
 * Connects to Redis and keeps trying. Commands fail at once while it is away, and after a deadline where it hangs,
 * until the breaker opens: nothing is queued, since a queued command would be carried out when nobody waits for it
 * any more. When the identity's files change, a new connection takes over before the old one goes; the same where the
 * server refuses to write, since after a failover new connections reach another one.
 */
export function connectRedis(options: RedisOptions): Redis {
  const { log } = options;
  const readyCallbacks = new Set<() => void>();
  const breaker = createBreaker({
    name: 'redis',
    timeoutMs: COMMAND_DEADLINE_MS,
    failures: FAILURES,
    halfOpenAfterMs: REST_MS,
    // What the server itself replies is an answer.
    isFailure: (error) => !(error instanceof ErrorReply),
  });
  let complained = false;
  const connect = () => {
    const client = openClient(options);
    client.on('error', (error: unknown) => {
      options.onFailure?.();
      if (!complained) log.warn({ err: describeError(error) }, 'redis is away');
      complained = true;
    });
    client.on('ready', () => {
      complained = false;
      log.info({}, 'redis is connected');
      for (const callback of readyCallbacks) callback();
    });
    return { client, connecting: client.connect().catch(() => {}) };
  };
  let current = connect();
  breaker.onTransition(({ to }) => {
    // Commands that were sent to a server that hangs can only be taken back with their connection.
    if (to !== 'open' || !current.client.isReady) return;
    log.warn({}, 'redis does not answer: connecting anew');
    options.onFailure?.();
    current.client.destroy();
    current = connect();
  });
  let next: typeof current | undefined;
  const replace = () => {
    next?.client.destroy();
    const opened = connect();
    next = opened;
    opened.client.once('ready', () => {
      const before = current;
      [current, next] = [opened, undefined];
      // What it was sent is still answered.
      before.client.close().catch(() => {});
    });
  };
  const unfollow = options.tls?.onChange(replace);
  let refusal: string | undefined;
  let restUntilMs = 0;
  const noteRefusal = (error: ErrorReply) => {
    if (refusal === undefined)
      log.warn({ err: describeError(error) }, 'redis refuses to write: connecting again');
    refusal = `redis refuses to write: ${error.message.split(' ')[0]}`;
    if (performance.now() < restUntilMs) return;
    restUntilMs = performance.now() + REFUSAL_REST_MS;
    options.onFailure?.();
    replace();
  };
  const write = async ({ key, value, ttlSeconds }: Entry, more: SetOptions = {}) => {
    const expiration = { type: 'EX', value: ttlSeconds } as const;
    const reply = await breaker
      .run(() => current.client.set(key, value, { ...more, expiration }))
      .catch((error: unknown) => {
        if (error instanceof ErrorReply) noteRefusal(error);
        throw error;
      });
    if (refusal !== undefined) log.info({}, 'redis takes writes again');
    refusal = undefined;
    return reply;
  };
  const check = setInterval(() => {
    const entry = { key: `app:write-check:${options.name}`, value: '', ttlSeconds: WRITE_CHECK_TTL_SECONDS };
    // What else can be wrong is seen by who watches the connection.
    if (current.client.isReady) write(entry).catch(() => {});
  }, WRITE_CHECK_MS);
  return {
    breaker,
    isReady: () => current.client.isReady,
    get: (key) => breaker.run(() => current.client.get(key)),
    setWithTtl: async (entry) => void (await write(entry)),
    setIfAbsent: (entry) => write(entry, { condition: 'NX', GET: true }),
    refusal: () => refusal,
    info: () => breaker.run(() => current.client.info()),
    async ping() {
      await breaker.run(() => current.client.ping());
    },
    onReady: (callback) => void readyCallbacks.add(callback),
    async close() {
      clearInterval(check);
      unfollow?.();
      for (const one of next ? [current, next] : [current]) {
        one.client.destroy();
        await one.connecting;
      }
    },
  };
}

const openClient = ({ url, name, tls }: RedisOptions) =>
  createClient({
    url,
    name,
    disableOfflineQueue: true,
    pingInterval: PING_INTERVAL_MS,
    // Of Redis Enterprise alone, and it would look up an IPv6 address with its brackets as a name.
    maintNotifications: 'disabled',
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_TIMEOUT_MS,
      reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, 2_000),
      ...(tls && url.startsWith('rediss:') ? { tls: true, ...clientTls(tls, new URL(url).hostname) } : {}),
    },
  });
