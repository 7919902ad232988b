import { existsSync } from 'node:fs';
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { freePort } from './freePort.ts';
import { findPostgresBinaries, type PostgresBinaries } from './postgresBinaries.ts';
import { releaseStaleLock } from './postgresLock.ts';
import { requirePlace } from './requirePlace.ts';
import { ServerFailure, ServerRefusal } from './serverFailure.ts';
import { chooseServerIdentity, type ServerIdentity } from './serverIdentity.ts';
import { type ServerCommand, startServerProcess, waitUntilReady } from './serverProcess.ts';

export const postgresMajor = 17;
const superuser = 'postgres';

/**
 * `dataDir` is made if it is not there. `port` 0 or absent means a free one. `durable: false` (tests only)
 * gives up crash safety for speed. `settings` are further server settings by name.
 */
export type PostgresOptions = {
  dataDir: string;
  logFile: string;
  superuserPassword: string;
  port?: number;
  durable?: boolean;
  endsWithParent?: boolean;
  settings?: Record<string, string | number>;
  startDeadlineMs?: number;
};

/** A ready server on 127.0.0.1. `stop` is PostgreSQL's fast shutdown: sessions end, data is written. */
export type PostgresServer = {
  pid: number;
  port: number;
  superuserUrl: string;
  exited: Promise<number>;
  stop: () => Promise<void>;
};

/**
 * Starts a real PostgreSQL from `node_modules` on loopback with password authentication and no Unix socket.
 * As root it runs as the user nobody, who then owns the data directory; nothing else on the host is changed.
 * Throws ServerRefusal where it cannot run here; where it ends while starting, with the end of the server's log.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const binaries = await findPostgresBinaries();
  requirePlace(options.dataDir, binaries);
  await mkdir(dirname(options.logFile), { recursive: true, mode: 0o700 });
  await releaseStaleLock(options.dataDir);
  const identity = await prepareDataDir(options.dataDir, binaries);
  await initializeOnce({ options, binaries, identity });
  const wanted = options.port ?? 0;
  for (let attempt = 1; ; attempt += 1) {
    const port = wanted === 0 ? await freePort() : wanted;
    try {
      return await startOnPort({ options, binaries, identity, port });
    } catch (error) {
      const lostRace = (error as Error).message.includes('could not create any TCP/IP sockets');
      if (wanted !== 0 || !lostRace || attempt === 5) throw error;
    }
  }
}

type StartContext = { options: PostgresOptions; binaries: PostgresBinaries; identity: ServerIdentity };

async function prepareDataDir(dataDir: string, binaries: PostgresBinaries): Promise<ServerIdentity> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  if (process.getuid?.() !== 0) return null;
  // Root may write everywhere: the reach is tried with the directory as the server's user will own it.
  const nobody = chooseServerIdentity({ program: binaries.initdb, writableDir: '/tmp' });
  if (nobody !== null) await chown(dataDir, nobody.uid, nobody.gid);
  return chooseServerIdentity({ program: binaries.initdb, writableDir: dataDir });
}

/** Beside its place, and renamed when whole: a start that is killed, or a host that stops, leaves no half database. */
async function initializeOnce({ options, binaries, identity }: StartContext): Promise<void> {
  const versionFile = join(options.dataDir, 'PG_VERSION');
  if (existsSync(versionFile)) {
    const found = (await readFile(versionFile, 'utf8')).trim();
    if (found === String(postgresMajor)) return;
    throw new ServerRefusal(
      `${options.dataDir} holds data of PostgreSQL ${found}, not ${postgresMajor}`,
      'move it away, or name another folder: --state-dir',
    );
  }
  if ((await readdir(options.dataDir)).length > 0) {
    throw new ServerRefusal(
      `${options.dataDir} holds files and no database`,
      'move it away, then run this again',
    );
  }
  const passwordFile = `${options.dataDir}.password`;
  const newDir = `${options.dataDir}.new`;
  await rm(newDir, { recursive: true, force: true });
  await mkdir(newDir, { mode: 0o700 });
  await writeFile(passwordFile, options.superuserPassword, { mode: 0o600 });
  if (identity !== null) {
    for (const path of [newDir, passwordFile]) await chown(path, identity.uid, identity.gid);
  }
  const args = ['--pgdata', newDir, '--username', superuser, '--pwfile', passwordFile];
  args.push('--auth=scram-sha-256', '--encoding=UTF8', '--data-checksums', '--no-instructions');
  // The built-in provider sorts the same on every host, whatever locales it has.
  args.push('--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8');
  if (options.durable === false) args.push('--no-sync');
  const command = { name: 'initdb', command: binaries.initdb, args, logFile: options.logFile, identity };
  try {
    const process = await startServerProcess(command);
    const code = await process.exited;
    if (code !== 0) {
      const log = (await readFile(options.logFile, 'utf8')).trimEnd().split('\n').slice(-8).join('\n');
      throw new ServerFailure(`initdb failed with code ${code}:\n${log}`, './stack logs postgres');
    }
    await rename(newDir, options.dataDir);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function startOnPort(context: StartContext & { port: number }): Promise<PostgresServer> {
  const { options, binaries, identity, port } = context;
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    ...(options.durable === false
      ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
      : {}),
    ...options.settings,
  };
  const args = ['-D', options.dataDir];
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`);
  const command: ServerCommand = {
    name: 'PostgreSQL',
    command: binaries.postgres,
    args,
    logFile: options.logFile,
    identity,
    endsWithParent: options.endsWithParent === true,
  };
  const process = await startServerProcess(command);
  const login = `${superuser}:${encodeURIComponent(options.superuserPassword)}`;
  const superuserUrl = `postgresql://${login}@127.0.0.1:${port}/postgres`;
  const stop = () => process.stop('SIGINT');
  try {
    const deadlineMs = options.startDeadlineMs ?? 30_000;
    await waitUntilReady({ ...command, process, deadlineMs }, () => answers(superuserUrl));
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: process.pid, port, superuserUrl, exited: process.exited, stop };
}

/** False while the server is starting; an error that waiting cannot mend (a wrong password) is thrown. */
async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === '28P01') {
      throw new ServerRefusal(
        'PostgreSQL refuses the superuser password: the data and the secret do not belong together',
        'put back the secrets that belong to this data',
      );
    }
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
