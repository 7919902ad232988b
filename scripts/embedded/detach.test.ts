import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isRunning } from '../lib/processIdentity.ts';
import { detachSupervisor } from './detach.ts';
import { locateStateDir, type StateDir } from './stateDir.ts';
import { stopSupervisor } from './stopSupervisor.ts';

const main = fileURLToPath(new URL('./test/supervisor.ts', import.meta.url));
const signal = new AbortController().signal;
let root: string;
let dir: StateDir;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'origin-stack-detach-'));
  dir = locateStateDir(root);
});
afterEach(async () => {
  await stopSupervisor(dir);
  await rm(root, { recursive: true, force: true });
});

describe('detachSupervisor', () => {
  it('returns when everything is ready, in a session of its own, and down stops it', async () => {
    const ports = [await freePort(), await freePort()];
    const argv = [root, ...ports.map(String)];
    const state = await detachSupervisor({ dir, argv, deadlineMs: 25_000, signal, main });
    expect(state.phase).toBe('ready');
    expect((await fetch(`http://127.0.0.1:${ports[0]}/`)).status).toBe(200);
    await stopSupervisor(dir);
    expect(isRunning(state.supervisor)).toBe(false);
    expect(state.services.filter(({ process }) => process && isRunning(process))).toEqual([]);
  });

  it('fails with the end of what the supervisor said when it cannot start', async () => {
    const argv = [root, 'no-port'];
    const failure = detachSupervisor({ dir, argv, deadlineMs: 25_000, signal, main });
    await expect(failure).rejects.toMatchObject({
      message: 'it ended with exit code 1 while starting',
      why: expect.stringContaining('ERR_SOCKET_BAD_PORT'),
    });
  });
});
