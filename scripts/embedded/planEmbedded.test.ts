import { spawnSync } from 'node:child_process';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { acquireRunLock } from '../lib/runLock.ts';
import { planEmbedded } from './planEmbedded.ts';
import { openSecrets } from './secretFiles.ts';
import { makeServiceFiles } from './serviceFiles.ts';
import { locateStateDir, makeStateDir, type StateDir } from './stateDir.ts';

/** Each starts the command line several times. */
const TIMEOUT_MS = 60_000;

let root: string;
let dir: StateDir;
let port: number;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'origin-stack-plan-'));
  dir = locateStateDir(join(root, 'state'));
  port = await freePort();
});
afterEach(() => rm(root, { recursive: true, force: true }));

const plan = async (): Promise<string[]> => {
  const ports = { api: port, internal: await freePort(), workerInternal: await freePort() };
  const { steps } = await planEmbedded({ dir, ports, postgresPort: 0, redisPort: 0 });
  return steps.map(({ action }) => action);
};

const up = (...args: string[]) => {
  const argv = [
    'scripts/main.ts',
    'up',
    '--embedded',
    '--state-dir',
    dir.root,
    '--port',
    String(port),
    ...args,
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  return { status, stdout, stderr };
};

it('plans the secrets that a first start makes and no later one, and makes nothing', async () => {
  const [secrets = '', ...others] = await plan();
  expect(await readdir(root)).toEqual([]);
  expect(others.slice(-3)[0]).toMatch(new RegExp(`^start the API on port ${port}, `));
  await makeStateDir(dir);
  await openSecrets(dir);
  await makeServiceFiles(dir);
  const entries = await readdir(dir.secrets, { recursive: true });
  // Written at each start, from what is there.
  const made = entries.filter((file) => file !== 'keys' && file !== 'service-keys.json');
  expect(secrets.replace(`make in ${dir.secrets}: `, '').split(', ').sort()).toEqual(made.sort());
  expect((await plan())[0]).toBe(others[0]);
});

it(
  'refuses a port that is taken in the words of the run',
  async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    try {
      const dry = up('--dry-run');
      expect(dry).toMatchObject({
        status: 3,
        stderr: expect.stringContaining(`port ${port} (the API) is taken`),
      });
      expect(await readdir(root)).toEqual([]);
      expect(up().stderr).toContain(dry.stderr);
    } finally {
      server.close();
    }
  },
  TIMEOUT_MS,
);

it.runIf(process.getuid?.() === 0)('refuses the state of another user, and names a way', async () => {
  await makeStateDir(dir);
  await chown(dir.root, 65_000, 65_000);
  await expect(plan()).rejects.toMatchObject({
    exitCode: 3,
    message: `${dir.root} belongs to another user (id 65000)`,
    next: 'run this as that user, or name another folder: --state-dir',
  });
});

it(
  'says who is starting already',
  async () => {
    const release = await acquireRunLock(dir.lockFile, './stack up');
    expect(up('--dry-run')).toMatchObject({
      status: 4,
      stderr: expect.stringContaining(`process ${process.pid} holds the lock`),
    });
    await release();
    expect(up('--dry-run')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('start PostgreSQL on'),
    });
  },
  TIMEOUT_MS,
);
