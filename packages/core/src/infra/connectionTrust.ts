import { blamesServer, endsSession, isNameLost } from './databaseErrors.ts';

/**
 * A connection of at least this age that meets a server which cannot serve takes the older ones with it. A younger one
 * has shown that there is no better server now: it goes on to read. So the pool reconnects at most this often.
 */
const RENEWED_EVERY_MS = 2_000;

export interface ConnectionTrust {
  /** Notes a new connection; `isDirect` where its session is ours alone. */
  opened(connection: object, facts: { isDirect: boolean }): void;
  /** Notes what a query on the connection failed with. */
  failed(connection: object, error: unknown): void;
  /** Notes that its session has no further use. */
  ended(connection: object): void;
  /** Notes that it was given back. */
  released(connection: object): void;
  /** False where the next query deserves another connection. */
  isTrusted(connection: object): boolean;
  /** Whether what the session was set to, and what it prepared under a name, is there for the next transaction. */
  isDirect(connection: object): boolean;
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
  const direct = new WeakSet<object>();
  let namesWereLost = false;
  let trustedFromMs = Number.NEGATIVE_INFINITY;
  const ageMs = (connection: object) => performance.now() - (openedMs.get(connection) ?? 0);
  // Where knex looks before it gives a connection out again.
  const ended = (connection: object) => {
    (connection as { __knex__disposed?: unknown }).__knex__disposed = 'its session has no further use';
  };
  return {
    ended,
    opened(connection, { isDirect }) {
      if (isDirect) direct.add(connection);
      openedMs.set(connection, performance.now());
      usedMs.set(connection, performance.now());
    },
    failed(connection, error) {
      // A pooler that was taken for the server: it greeted with a process id that was right at that moment.
      if (isNameLost(error)) namesWereLost = true;
      if (endsSession(error)) ended(connection);
      if (blamesServer(error) && ageMs(connection) > RENEWED_EVERY_MS) trustedFromMs = performance.now();
    },
    released(connection) {
      usedMs.set(connection, performance.now());
    },
    isTrusted: (connection) => (openedMs.get(connection) ?? trustedFromMs) >= trustedFromMs,
    isDirect: (connection) => direct.has(connection) && !namesWereLost,
    idleMs(connection) {
      const since = usedMs.get(connection);
      return since === undefined ? undefined : performance.now() - since;
    },
  };
}
