import { createClient } from 'redis';
import { describeError, type Log } from './log.ts';
import { withDeadline } from './withDeadline.ts';

const COMMAND_DEADLINE_MS = 500;
const CONNECT_TIMEOUT_MS = 2_000;

export interface Redis {
  /** True where commands can be sent now. */
  isReady(): boolean;
  get(key: string): Promise<string | null>;
  setWithTtl(entry: { key: string; value: string; ttlSeconds: number }): Promise<void>;
  info(): Promise<string>;
  ping(): Promise<void>;
  /** Called each time a connection is ready, the first included: what was said meanwhile may have been missed. */
  onReady(callback: () => void): void;
  close(): Promise<void>;
}

/**
 * Connects to Redis and keeps trying. Commands fail at once while it is away, and after a deadline where it hangs:
 * nothing is queued, since a queued command would be carried out when nobody waits for it any more.
 */
export function connectRedis(options: { url: string; name: string; log: Log }): Redis {
  const client = createClient({
    url: options.url,
    name: options.name,
    disableOfflineQueue: true,
    pingInterval: 10_000,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, 2_000),
    },
  });
  let complained = false;
  client.on('error', (error: unknown) => {
    if (!complained) options.log.warn({ err: describeError(error) }, 'redis is away');
    complained = true;
  });
  client.on('ready', () => {
    complained = false;
    options.log.info({}, 'redis is connected');
  });
  const connecting = client.connect().catch(() => {});
  const send = <T>(command: Promise<T>) => withDeadline(command, 'redis', COMMAND_DEADLINE_MS);
  return {
    isReady: () => client.isReady,
    get: (key) => send(client.get(key)),
    async setWithTtl({ key, value, ttlSeconds }) {
      await send(client.set(key, value, { expiration: { type: 'EX', value: ttlSeconds } }));
    },
    info: () => send(client.info()),
    async ping() {
      await send(client.ping());
    },
    onReady: (callback) => void client.on('ready', callback),
    async close() {
      client.destroy();
      await connecting;
    },
  };
}
