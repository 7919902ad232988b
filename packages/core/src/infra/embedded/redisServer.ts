import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { explainDamage } from './damagedAof.ts';
import { freePort } from './freePort.ts';
import { findRedisProgram } from './redisProgram.ts';
import { ServerRefusal } from './serverFailure.ts';
import { startServerProcess, waitUntilReady } from './serverProcess.ts';

/**
 * `dataDir` holds the append-only file and the configuration; `downloadDir` keeps a server that had to be
 * fetched. `port` 0 or absent means a free one. `appendOnly: false` (tests) keeps nothing on disk.
 */
export type RedisOptions = {
  dataDir: string;
  downloadDir: string;
  logFile: string;
  password: string;
  port?: number;
  appendOnly?: boolean;
  databases?: number;
  endsWithParent?: boolean;
  startDeadlineMs?: number;
  report?: (message: string) => void;
};

/** A ready server on 127.0.0.1; `url` carries the password. `stop` lets it write what it holds. */
export type RedisServer = {
  pid: number;
  port: number;
  url: string;
  version: string;
  exited: Promise<number>;
  stop: () => Promise<void>;
};

/**
 * Starts a real Redis or Valkey on loopback that never evicts (a queue's job must not vanish) and keeps an
 * append-only file written every second. The password is in a 0600 configuration file, never in arguments.
 */
export async function startRedis(options: RedisOptions): Promise<RedisServer> {
  const program = await findRedisProgram(options);
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const wanted = options.port ?? 0;
  for (let attempt = 1; ; attempt += 1) {
    const port = wanted === 0 ? await freePort() : wanted;
    try {
      return await startOnPort({ options, program, port });
    } catch (error) {
      const lostRace = (error as Error).message.includes('Address already in use');
      if (wanted !== 0 || !lostRace || attempt === 5) throw error;
    }
  }
}

type StartContext = {
  options: RedisOptions;
  program: Awaited<ReturnType<typeof findRedisProgram>>;
  port: number;
};

async function startOnPort({ options, program, port }: StartContext): Promise<RedisServer> {
  const configFile = join(options.dataDir, 'redis.conf');
  await writeFile(configFile, configuration(options, port), { mode: 0o600 });
  const command = {
    name: 'Redis',
    command: program.path,
    // By a name with * ? or [ Redis 7 means a pattern, and starts without the file where nothing fits.
    args: ['-'],
    stdin: configFile,
    env: program.env,
    cwd: program.cwd,
    logFile: options.logFile,
    identity: null,
    endsWithParent: options.endsWithParent === true,
  };
  const process = await startServerProcess(command);
  const stop = () => process.stop('SIGTERM');
  try {
    const deadlineMs = options.startDeadlineMs ?? 30_000;
    await waitUntilReady({ ...command, process, deadlineMs }, () => answers(port, options.password));
  } catch (error) {
    await stop();
    throw explainDamage(error, { program, dataDir: options.dataDir });
  }
  const url = `redis://:${encodeURIComponent(options.password)}@127.0.0.1:${port}`;
  return { pid: process.pid, port, url, version: program.version, exited: process.exited, stop };
}

function configuration(options: RedisOptions, port: number): string {
  const lines = {
    bind: '127.0.0.1',
    port,
    dir: quote(options.dataDir),
    requirepass: quote(options.password),
    databases: options.databases ?? 16,
    appendonly: options.appendOnly === false ? 'no' : 'yes',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
    save: '""',
    daemonize: 'no',
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('');
}

function quote(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** Authenticates and pings over a bare socket; false while the server is starting or loading its data. */
function answers(port: number, password: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2000 });
    const settle = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    let reply = '';
    socket.on('connect', () => socket.write(encodeCommand(['AUTH', password]) + encodeCommand(['PING'])));
    socket.on('data', (chunk) => {
      reply += chunk.toString('latin1');
      if (reply.includes('WRONGPASS')) {
        socket.destroy();
        const next = 'choose another port: ./stack up --embedded --redis-port PORT';
        reject(new ServerRefusal(`port ${port} belongs to another server: it refuses the password`, next));
      }
      if (reply.includes('+PONG')) settle(true);
      if (reply.includes('-LOADING')) settle(false);
    });
    socket.on('error', () => settle(false));
    socket.on('timeout', () => settle(false));
    socket.on('close', () => settle(false));
  });
}

function encodeCommand(parts: string[]): string {
  const encoded = parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
  return `*${parts.length}\r\n${encoded.join('')}`;
}
