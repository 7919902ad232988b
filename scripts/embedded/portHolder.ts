import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename } from 'node:path';
import { PreconditionError } from '../lib/commandErrors.ts';

/** A port on 127.0.0.1 that something of ours is to listen on, and the flag that changes it. */
export type WantedPort = { port: number; purpose: string; flag: string };

const listening = '0A';

/** Throws PreconditionError that names who holds the port, and the flag to take another, when it is taken. */
export async function requireFreePort(wanted: WantedPort): Promise<void> {
  const refusal = await tryToListen(wanted.port);
  if (refusal === undefined) return;
  if (refusal === 'EACCES') {
    throw new PreconditionError({
      what: `port ${wanted.port} (${wanted.purpose}) may not be used by this user`,
      why: 'ports below 1024 are kept for root',
      next: `choose another: ./stack up --embedded ${wanted.flag} ${wanted.port + 8000}`,
    });
  }
  const holder = await findPortHolder(wanted.port);
  throw new PreconditionError({
    what: `port ${wanted.port} (${wanted.purpose}) is taken`,
    why: holder ? `${holder.command} (process ${holder.pid}) listens on it` : 'another program listens on it',
    next: `stop that program, or choose another port: ./stack up --embedded ${wanted.flag} ${wanted.port + 1}`,
  });
}

/** The process that listens on a TCP port of this host, where /proc shows it to this user. */
export async function findPortHolder(port: number): Promise<{ pid: number; command: string } | undefined> {
  const sockets = await listeningSockets(port);
  const entries = await readdir('/proc').catch(() => []);
  for (const pid of entries.filter((entry) => /^\d+$/.test(entry))) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const descriptor of descriptors) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      if (!sockets.has(target)) continue;
      // Only the program's name: what follows it may hold somebody's secrets. (comm is the thread's name.)
      const [program = ''] = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
      return { pid: Number(pid), command: basename(program) || 'a program' };
    }
  }
  return undefined;
}

/** `socket:[inode]` of every listening socket on the port, from /proc/net/tcp and tcp6 (proc(5)). */
async function listeningSockets(port: number): Promise<Set<string>> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  const rows = tables.flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)));
  return new Set(
    rows.filter((row) => row[1]?.endsWith(suffix) && row[3] === listening).map((row) => `socket:[${row[9]}]`),
  );
}

function tryToListen(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
}
