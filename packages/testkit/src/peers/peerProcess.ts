import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { startServerProcess, waitUntilReady } from '@origin-stack/core/infra/embedded/serverProcess';

/** Where built tools and environments are kept, in the checkout. */
export const stackDir = new URL('../../../../.stack/', import.meta.url);

/** What a test asks before it is skipped: `reason` says what is missing. */
export type Availability = { ok: true } | { ok: false; reason: string };

/** `url` is its address on loopback; `stop` ends it and removes what it kept. */
export type PeerProcess = { url: string; stop: () => Promise<void> };

export type PeerCommand = {
  name: string;
  command: string;
  /** The arguments, for a free port and an empty directory of the peer's own. */
  args: (place: { port: number; dir: string }) => string[];
  env?: NodeJS.ProcessEnv;
};

/** Starts a server that somebody else wrote, as a protocol peer for tests; it ends with its parent. */
export async function startPeerProcess(peer: PeerCommand): Promise<PeerProcess> {
  const root = await mkdtemp(join(tmpdir(), `origin-stack-${peer.name}-`));
  const dir = await mkdtemp(join(root, 'data-'));
  const port = await freePort();
  const server = {
    name: peer.name,
    command: peer.command,
    args: peer.args({ port, dir }),
    env: { PATH: process.env.PATH, HOME: root, ...peer.env },
    logFile: join(root, 'log'),
    identity: null,
    endsWithParent: true,
  };
  const running = await startServerProcess(server);
  const stop = async () => {
    await running.stop('SIGTERM', 5000);
    await rm(root, { recursive: true, force: true });
  };
  try {
    await waitUntilReady({ ...server, process: running, deadlineMs: 60_000 }, () => accepts(port));
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, stop };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2000 });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
  });
}
