import { spawnSync } from 'node:child_process';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { chooseServerIdentity } from '@origin-stack/core/infra/embedded/serverIdentity';
import { startServerProcess, waitUntilReady } from '@origin-stack/core/infra/embedded/serverProcess';
import { unpackDebianProgram } from '@origin-stack/core/infra/embedded/unpackDebianProgram';
import pg from 'pg';
import { type Availability, stackDir } from './peerProcess.ts';

const unpacked = fileURLToPath(new URL('tools/debian-pgbouncer', stackDir));
const libraries = ['usr/lib', 'lib'].flatMap((dir) =>
  ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((triplet) => join(unpacked, dir, triplet)),
);
/** An installed one needs no library path, and has none of these. */
const env = { LD_LIBRARY_PATH: libraries.join(':') };

const present = (): string | undefined =>
  ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', join(unpacked, 'usr/sbin/pgbouncer')].find(
    (path) => spawnSync(path, ['--version'], { env }).status === 0,
  );

/** Whether PgBouncer is here or can be: it needs apt. */
export function pgbouncerAvailable(): Availability {
  if (present() !== undefined || spawnSync('apt-get', ['--version']).status === 0) return { ok: true };
  return { ok: false, reason: 'PgBouncer, a pooler before PostgreSQL, is not here, and there is no apt-get' };
}

/** The one that is installed, else that of the distribution's package, unpacked into the checkout once without root. */
export async function preparePgbouncer(report: (text: string) => void = toStderr): Promise<string> {
  const found = present();
  if (found !== undefined) return found;
  report("no PgBouncer on this host: fetching the distribution's package pgbouncer, once");
  await unpackDebianProgram({ packageName: 'pgbouncer', targetDir: unpacked });
  const fetched = present();
  if (fetched === undefined)
    throw new Error('no PgBouncer: install pgbouncer (the fetched one does not run)');
  return fetched;
}

export interface PgbouncerOptions {
  /** URLs of the roles that may pass, each with its password, all of one server and database. */
  urls: string[];
  poolMode: 'session' | 'transaction' | 'statement';
  /** Sessions with the server, for each role; with two, transactions move from one to the other. */
  poolSize?: number;
}

export interface Pgbouncer {
  /** The same URL, through the pooler. */
  through(url: string): string;
  stop(): Promise<void>;
}

/** Starts the real PgBouncer before a test server, with the settings that its package has but for the mode. */
export async function startPgbouncer(options: PgbouncerOptions): Promise<Pgbouncer> {
  const command = await preparePgbouncer();
  const dir = await mkdtemp(join(tmpdir(), 'origin-stack-pgbouncer-'));
  const identity = chooseServerIdentity({ program: command, writableDir: '/tmp', env });
  const port = await freePort();
  const files = { 'pgbouncer.ini': settingsOf(options, { dir, port }), 'users.txt': usersOf(options.urls) };
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text, { mode: 0o600 });
  if (identity !== null) {
    for (const path of [dir, ...Object.keys(files).map((name) => join(dir, name))]) {
      await chown(path, identity.uid, identity.gid);
    }
  }
  const server = {
    name: 'PgBouncer',
    command,
    args: ['-q', join(dir, 'pgbouncer.ini')],
    env,
    logFile: join(dir, 'log'),
    identity,
    endsWithParent: true,
  };
  const running = await startServerProcess(server);
  const through = (url: string) => {
    const led = new URL(url);
    led.host = `127.0.0.1:${port}`;
    return led.href;
  };
  const stop = async () => {
    await running.stop('SIGINT', 5_000);
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const [url = ''] = options.urls;
    await waitUntilReady({ ...server, process: running, deadlineMs: 20_000 }, () => greets(through(url)));
  } catch (error) {
    await stop();
    throw error;
  }
  return { through, stop };
}

function settingsOf({ urls, poolMode, poolSize = 2 }: PgbouncerOptions, at: { dir: string; port: number }) {
  const { hostname, port } = new URL(urls[0] ?? '');
  return `[databases]
* = host=${hostname} port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${at.port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(at.dir, 'users.txt')}
pool_mode = ${poolMode}
default_pool_size = ${poolSize}
max_client_conn = 500
server_round_robin = 1
`;
}

const usersOf = (urls: string[]) =>
  urls
    .map((url) => new URL(url))
    .map(({ username, password }) => `"${username}" "${decodeURIComponent(password)}"\n`)
    .join('');

async function greets(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function toStderr(text: string): void {
  process.stderr.write(`${text}\n`);
}
