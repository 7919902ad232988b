import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { judgePidFile } from './pidFile.ts';

/** What a killed engine leaves: a pid file misleads the next one, and so does a socket that nobody serves. */
export interface Leftovers {
  pidFiles: { path: string; program: string }[];
  sockets: string[];
}

const pidFiles = [
  { path: '/var/run/docker.pid', program: 'dockerd' },
  { path: '/var/run/docker-ssd.pid', program: 'dockerd' },
  { path: '/var/run/docker/containerd/containerd.pid', program: 'containerd' },
];
const sockets = [
  '/var/run/docker.sock',
  '/var/run/docker/containerd/containerd.sock',
  '/var/run/docker/containerd/containerd.sock.ttrpc',
  // The engine takes the host's containerd when this is there, without looking whether anybody answers.
  '/run/containerd/containerd.sock',
  '/run/containerd/containerd.sock.ttrpc',
];

/** Removes stale pid files and sockets of an engine that is not running; returns what it removed. */
export async function mendLeftovers(places: Leftovers = { pidFiles, sockets }): Promise<string[]> {
  const stale: string[] = [];
  for (const { path, program } of places.pidFiles) {
    if (judgePidFile(path, program).verdict === 'stale') stale.push(path);
  }
  for (const path of places.sockets) {
    if (existsSync(path) && !(await isServed(path))) stale.push(path);
  }
  for (const path of stale) await rm(path, { force: true });
  return stale;
}

/** Whether somebody listens on a Unix socket. */
export function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (served: boolean) => {
      socket.destroy();
      resolve(served);
    };
    socket.once('connect', () => end(true));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    );
  });
}

const NETWORK_STORE = '/var/lib/docker/network/files/local-kv.db';

/**
 * Where the engine's last words are about its networks, sets their store aside: the engine makes a new one, and
 * Compose makes its networks anew. Returns whether it did.
 */
export async function mendNetworks(lastWords: string, store = NETWORK_STORE): Promise<boolean> {
  const broken = /(error|fail)\S* (creating|initializing|starting).*(network|bridge)|local-kv/i;
  if (!broken.test(lastWords) || !existsSync(store)) return false;
  await rename(store, `${store}.${Date.now()}`);
  return true;
}
