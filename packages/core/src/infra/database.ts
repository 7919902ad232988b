import knex, { type Knex } from 'knex';
import type pg from 'pg';
import type { Db } from '../domain/ports.ts';
import { type ConnectionTrust, trackTrust } from './connectionTrust.ts';
import { isDiskFull, NoRoomError, ReadOnlyError } from './databaseErrors.ts';
import { SERVICE_SESSION } from './databaseSession.ts';
import { pgTypes } from './pgTypes.ts';
import { followIdentity } from './postgresConnection.ts';
import { TenantClient } from './tenantClient.ts';
import type { TlsIdentity } from './tlsIdentity.ts';

export interface PoolOptions {
  url: string;
  applicationName: string;
  min: number;
  max: number;
  acquireTimeoutMs: number;
  maxLifetimeMs: number;
  /** Whom the server must prove to be, and by whose certificate it knows us; what the URL says of TLS holds where unset. */
  tls?: TlsIdentity | undefined;
  /** Hears how many seconds each query took, waiting for a connection not included. */
  onQueryEnd?: (seconds: number) => void;
  /** How long a connection may lie idle and be used unasked; 5 s where unset. */
  pingAfterIdleMs?: number;
}

const PING_AFTER_IDLE_MS = 5_000;
const PING_DEADLINE_MS = 1_000;

const silent = () => {};

/** Whether the session takes no writes: of a standby, or set so by the operator. */
const READ_ONLY = "select current_setting('transaction_read_only') = 'on' as read_only";

/**
 * Refuses a connection that leads to a server which cannot serve, and asks one that lay idle whether it lives and takes
 * writes; one on a black-holed socket would hang without the deadline.
 */
function validator(trust: ConnectionTrust, pingAfterIdleMs: number) {
  return async (connection: pg.Client): Promise<boolean> => {
    if (!trust.isTrusted(connection)) return false;
    const idleMs = trust.idleMs(connection);
    if (idleMs !== undefined && idleMs < pingAfterIdleMs) return true;
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), PING_DEADLINE_MS);
    });
    const ping = connection.query(READ_ONLY).then(
      ({ rows }) => {
        if (rows[0].read_only) trust.failed(connection, new ReadOnlyError());
        return trust.isTrusted(connection);
      },
      () => false,
    );
    const alive = await Promise.race([ping, deadline]);
    clearTimeout(timer);
    return alive;
  };
}

/**
 * The pool: `min` kept open, last in first out, a ping with its own deadline before a connection that lay idle
 * is used, and a life that ends after `maxLifetimeMs`, with jitter so that they do not all end together. A connection
 * whose query says that it or its server cannot serve is not used again (connectionTrust.ts).
 */
export function createDatabase(options: PoolOptions): Db {
  const trust = trackTrust();
  const db = knex({
    client: TenantClient as unknown as typeof Knex.Client,
    connection: followIdentity(options.tls, {
      connectionString: options.url,
      application_name: options.applicationName,
      types: pgTypes,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    }),
    pool: {
      min: options.min,
      max: options.max,
      acquireTimeoutMillis: options.acquireTimeoutMs,
      maxConnectionLifetimeMillis: options.maxLifetimeMs,
      maxConnectionLifetimeJitterMillis: Math.ceil(options.maxLifetimeMs / 10),
      validate: validator(trust, options.pingAfterIdleMs ?? PING_AFTER_IDLE_MS),
    },
    onQueryEnd: options.onQueryEnd,
    trust,
    session: SERVICE_SESSION,
    asyncStackTraces: false,
    log: { warn: silent, error: silent, deprecate: silent, debug: silent },
  } as Knex.Config);
  db.client.pool.on('release', trust.released);
  return db;
}

/** Opened at once at a start: all of them together would cost a small host more than a connection may take. */
const WARM_UP_AT_ONCE = 4;

/** Opens the pool's `min` connections now: tarn opens none before the first request. */
export async function warmUp(db: Db, connections: number): Promise<void> {
  const { pool } = db.client;
  const opened: unknown[] = [];
  try {
    while (opened.length < connections) {
      const wanted = Math.min(WARM_UP_AT_ONCE, connections - opened.length);
      const batch = Array.from({ length: wanted }, () => pool.acquire().promise);
      const outcomes = await Promise.allSettled(batch);
      // What did open is given back whatever became of the others: the pool's end waits for all that is in use.
      opened.push(...outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
      const refused = outcomes.find((one) => one.status === 'rejected');
      if (refused) throw refused.reason;
    }
  } finally {
    for (const connection of opened) pool.release(connection);
  }
}

export interface PoolState {
  /** Open connections. */
  size: number;
  /** In use now. */
  checkedOut: number;
  /** Open beyond the number that is kept. */
  overflow: number;
  /** Requests that wait for one. */
  waiting: number;
}

export function poolState(db: Db, min: number): PoolState {
  const { pool } = db.client;
  const size = pool.numUsed() + pool.numFree();
  return {
    size,
    checkedOut: pool.numUsed(),
    overflow: Math.max(0, size - min),
    waiting: pool.numPendingAcquires(),
  };
}

/** More than 64 KiB of memory hold to sort: PostgreSQL writes 72 KiB of it beside its tables, and removes them again. */
const NEEDS_ROOM =
  'select count(*) from (select i from generate_series(1, 4000) i order by -i offset 0) sorted';

/**
 * Rejects with {@link ReadOnlyError} where the database answers and takes no writes, with {@link NoRoomError} where its disk
 * is full: it reads then, and no row that needs a new page is written.
 */
export async function requireWritable(db: Db): Promise<void> {
  const { trust } = db.client.config;
  const connection = await db.client.acquireConnection();
  try {
    const { rows } = await db.raw(READ_ONLY).connection(connection);
    if (rows[0].read_only) {
      const error = new ReadOnlyError();
      trust.failed(connection, error);
      throw error;
    }
    await db.transaction((tx) => tx.raw(`set local work_mem = '64kB'; ${NEEDS_ROOM}`), { connection });
  } catch (error) {
    throw isDiskFull(error) ? new NoRoomError() : error;
  } finally {
    db.client.releaseConnection(connection);
  }
}
