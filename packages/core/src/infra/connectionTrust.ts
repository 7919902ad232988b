import { blamesServer, endsSession } from './databaseErrors.ts';

/** Where knex looks before it gives a connection out again. */
interface PooledConnection {
  __knex__disposed?: unknown;
}

/**
 * A connection of at least this age that meets a server which cannot serve takes the older ones with it. A younger one
 * has shown that there is no better server now: it goes on to read. So the pool reconnects at most this often.
 */
const RENEWED_EVERY_MS = 2_000;

export interface ConnectionTrust {
  /** Notes a new connection. */
  opened(connection: object): void;
  /** Notes what a query on the connection failed with. */
  failed(connection: object, error: unknown): void;
  /** Notes that it was given back. */
  released(connection: object): void;
  /** False where the next query deserves another connection. */
  isTrusted(connection: object): boolean;
  /** Since when nobody used it, in milliseconds; undefined for one of another pool. */
  idleMs(connection: object): number | undefined;
}

/**
 * Which connections of a pool lead to a server that can serve. After a failover the old ones stay with a server that
 * takes no writes: the first that says so ends the use of all that are as old.
 */
export function trackTrust(): ConnectionTrust {
  const openedMs = new WeakMap<object, number>();
  const usedMs = new WeakMap<object, number>();
  let trustedFromMs = Number.NEGATIVE_INFINITY;
  const ageMs = (connection: object) => performance.now() - (openedMs.get(connection) ?? 0);
  return {
    opened(connection) {
      openedMs.set(connection, performance.now());
      usedMs.set(connection, performance.now());
    },
    failed(connection, error) {
      if (endsSession(error)) (connection as PooledConnection).__knex__disposed = error;
      if (blamesServer(error) && ageMs(connection) > RENEWED_EVERY_MS) trustedFromMs = performance.now();
    },
    released(connection) {
      usedMs.set(connection, performance.now());
    },
    isTrusted: (connection) => (openedMs.get(connection) ?? trustedFromMs) >= trustedFromMs,
    idleMs(connection) {
      const since = usedMs.get(connection);
      return since === undefined ? undefined : performance.now() - since;
    },
  };
}
