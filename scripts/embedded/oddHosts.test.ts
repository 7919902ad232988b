import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { builtEnvironment } from '../lib/builtEnvironment.ts';
import { readRunState } from './runState.ts';
import { locateStateDir } from './stateDir.ts';
import { makeOddCheckout } from './test/oddCheckout.ts';

/** A whole embedded default is started. */
const TIMEOUT_MS = 120_000;
const isRoot = process.getuid?.() === 0;

/** What shells are set up with for other programs; each of them broke a start, a connection or a child once. */
const STRAYS = {
  PGSSLMODE: 'verify-full',
  PGOPTIONS: '-c nonsense=1',
  PGHOST: 'nowhere',
  PGPORT: 'x',
  PGDATA: '/nowhere',
  HTTP_PROXY: 'http://127.0.0.1:1',
  http_proxy: 'http://127.0.0.1:1',
  HTTPS_PROXY: 'http://127.0.0.1:1',
  NODE_USE_ENV_PROXY: '1',
  NODE_OPTIONS: '--require /nowhere.js',
  NODE_PRESERVE_SYMLINKS: '1',
  NODE_PATH: '/nowhere',
  NODE_ENV: 'production',
  NODE_TLS_REJECT_UNAUTHORIZED: '0',
  LD_LIBRARY_PATH: '/nowhere',
  LD_PRELOAD: '/nowhere.so',
  OPENSSL_CONF: '/nowhere',
  REDISCLI_AUTH: 'stray',
  AWS_PROFILE: 'stray',
  AWS_ACCESS_KEY_ID: 'stray',
  MINIO_ROOT_USER: 'stray',
  DATABASE_URL: 'postgres://nowhere',
  REDIS_URL: 'redis://nowhere',
  COMPOSE_PROJECT_NAME: 'stray',
  TZ: 'Nonsense',
  LC_ALL: 'xx_YY',
  LD_STRAY: 'a value\nexport PATH=/nowhere\nexport NODE_x y=1',
};

let parent: string;
let checkout: string;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'origin-stack-odd-'));
  checkout = join(parent, "it's: a; #1 %20 [odd] ä日");
  await makeOddCheckout(checkout);
}, TIMEOUT_MS);
afterAll(() => rm(parent, { recursive: true, force: true }));

/** Types a command with a mask that closes all that is made, and with every stray. */
function stack(...args: string[]) {
  const argv = ['-c', 'umask 077 && exec "$0" "$@"', join(checkout, 'stack'), ...args];
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile('/bin/sh', argv, { env: { ...process.env, ...STRAYS } }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

async function namesIn(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/environ`, 'utf8');
  return text.split('\0').flatMap((entry) => /^([^=]+)=/.exec(entry)?.[1] ?? []);
}

it(
  'runs in a closed folder with an odd name, whatever the shell is set up with, and so do its commands',
  async () => {
    const names = ['port', 'internal-port', 'worker-port'];
    const ports = await Promise.all(names.map(async (name) => [`--${name}`, String(await freePort())]));
    try {
      const up = await stack('up', '--embedded', '--detach', ...ports.flat());
      expect(up).toMatchObject({ code: 0, stdout: expect.stringContaining('Self-check: allow') });

      const state = await readRunState(locateStateDir(join(checkout, '.stack/embedded')));
      const kept = new Set(Object.keys(builtEnvironment({ ...process.env, ...STRAYS })));
      expect((await namesIn(state?.supervisor.pid ?? 0)).filter((name) => !kept.has(name))).toEqual([]);
      for (const { name, process: running } of state?.services ?? []) {
        const strays = (await namesIn(running?.pid ?? 0)).filter((one) => one in STRAYS);
        // Redis as it was unpacked has a library path of its own.
        expect({ name, strays: strays.filter((one) => one !== 'LD_LIBRARY_PATH') }).toEqual({
          name,
          strays: [],
        });
      }

      expect(await stack('tenant', 'create', 'acme')).toMatchObject({ code: 0 });
      expect(await stack('migrate')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('nothing to do'),
      });
      expect(await stack('status')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ready, /) });
    } finally {
      expect(await stack('down')).toMatchObject({ code: 0 });
    }
  },
  TIMEOUT_MS,
);

it(
  'refuses a folder that PostgreSQL cannot work in before it makes anything, and says where to go',
  async () => {
    const renamed = join(parent, 'a$b');
    await rename(checkout, renamed);
    checkout = renamed;
    await rm(join(checkout, '.stack/embedded'), { recursive: true });
    for (const flag of ['--dry-run', '--detach']) {
      expect(await stack('up', '--embedded', flag)).toMatchObject({
        code: 3,
        stderr: expect.stringMatching(/cannot work with the character "\$".*\nnext: {2}move the checkout/),
      });
    }
    expect(await readdir(join(checkout, '.stack'))).not.toContain('embedded');
  },
  TIMEOUT_MS,
);

it.runIf(isRoot)('says as root where to go when no capability passes a closed folder', async () => {
  const bounded = ['--bounding-set=-dac_read_search,-dac_override', process.execPath];
  const main = join(import.meta.dirname, '../main.ts');
  const argv = [...bounded, main, 'up', '--embedded', '--detach', '--state-dir', join(parent, 'state')];
  const { status, stderr } = spawnSync('setpriv', argv, { encoding: 'utf8' });
  expect(stderr).toMatch(
    /the user nobody cannot reach .*\nnext: {2}move the checkout where every user can read it/,
  );
  expect(status).toBe(3);
  expect(await readdir(parent)).not.toContain('state');
});
