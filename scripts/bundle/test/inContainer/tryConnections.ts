import http from 'node:http';
import https from 'node:https';
import pg from 'pg';
import { createClient } from 'redis';

/** Texts in PEM; without `cert` nobody says who calls. */
export interface Tls {
  ca: string;
  cert?: string;
  key?: string;
}

/** One try to be served. */
export interface Try {
  kind: 'http' | 'postgres' | 'redis';
  host: string;
  port: number;
  /** Plain where unset. */
  tls?: Tls;
  path?: string;
  user?: string;
  password?: string;
}

/** `served` says that the other side took the caller for one of its own. */
export interface Outcome {
  served: boolean;
  says: string;
}

const DEADLINE_MS = 5_000;
const refused = (error: unknown): Outcome => {
  const { code, message } = error as NodeJS.ErrnoException;
  return { served: false, says: [code, message].filter(Boolean).join(' ').slice(0, 200) };
};

function tryHttp({ host, port, tls, path = '/' }: Try): Promise<Outcome> {
  const client = tls ? https : http;
  return new Promise((resolve) => {
    const options = { host, port, path, timeout: DEADLINE_MS, agent: false, ...tls };
    const sent = client.get(options, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      response.once('error', (error) => resolve(refused(error)));
      // Where TLS itself went through, a server says 400 to plain text and to who shows no certificate.
      response.once('end', () => resolve({ served: status !== 400, says: String(status) }));
    });
    sent.once('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.once('error', (error) => resolve(refused(error)));
  });
}

async function tryPostgres({ host, port, tls, user, password }: Try): Promise<Outcome> {
  const ssl = tls ? { ...tls, servername: host } : false;
  const client = new pg.Client({
    host,
    port,
    database: 'origin',
    ssl,
    connectionTimeoutMillis: DEADLINE_MS,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
  });
  try {
    await client.connect();
    const { rows } = await client.query<{ user: string }>('select current_user as user');
    await client.end();
    return { served: true, says: rows[0]?.user ?? '' };
  } catch (error) {
    return refused(error);
  }
}

async function tryRedis({ host, port, tls, user, password }: Try): Promise<Outcome> {
  const base = { host, port, connectTimeout: DEADLINE_MS, reconnectStrategy: false as const };
  const client = createClient({
    socket: tls ? { ...base, ...tls, tls: true, servername: host } : base,
    disableOfflineQueue: true,
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
  });
  // Its errors come by the rejection as well.
  client.on('error', () => {});
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('no answer in time')), DEADLINE_MS).unref();
  });
  try {
    await Promise.race([client.connect(), late]);
    return { served: true, says: await Promise.race([client.ping(), late]) };
  } catch (error) {
    return refused(error);
  } finally {
    client.destroy();
  }
}

const KINDS = { http: tryHttp, postgres: tryPostgres, redis: tryRedis };

/** Tries them all at the same time. */
export const tryConnections = (tries: Try[]): Promise<Outcome[]> =>
  Promise.all(tries.map((one) => KINDS[one.kind](one).catch((error: unknown) => refused(error))));
