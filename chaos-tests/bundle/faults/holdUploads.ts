import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { BundleDir } from '@origin-stack/scripts/bundle/bundleDir.ts';
import { composeArgv, docker } from '@origin-stack/scripts/bundle/compose.ts';
import { dockerEnv } from '@origin-stack/scripts/bundle/dockerEnv.ts';
import type { Fault } from '../scenario.ts';

const NAME = 'origin-chaos';
/** Longer than any phase waits; the end of a session that nobody heals. */
const HELD_SECONDS = 300;

/** Statements of their own, each answered when it ends: as one message they would all be answered after the last. */
const psqlOf = (dir: BundleDir, ...statements: string[]) =>
  composeArgv(
    ...([
      dir,
      'exec',
      '-T',
      '-e',
      `PGAPPNAME=${NAME}`,
      'postgres',
      'psql',
      '-U',
      'postgres',
      '-d',
      'origin',
    ] as const),
    ...['--no-psqlrc', '-v', 'ON_ERROR_STOP=1', '-qAt'],
    ...statements.flatMap((sql) => ['-c', sql]),
  );

/** Holds what every decision reads first: each request keeps the connection that it has, and the pool runs dry. */
export const holdUploads: Fault = {
  service: 'postgres',
  async inject({ dir }) {
    const hold = ['begin', 'lock table uploads in access exclusive mode', "select 'held'"];
    const child = spawn('docker', psqlOf(dir, ...hold, `select pg_sleep(${HELD_SECONDS})`), {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
      env: dockerEnv(),
    });
    child.unref();
    const isHeld = once(child.stdout, 'data').then(([chunk]) => `${chunk}`.includes('held'));
    const isOver = once(child, 'exit').then(() => false);
    if (!(await Promise.race([isHeld, isOver]))) throw new Error('the table of uploads could not be held');
    child.stdout.destroy();
    return 'the table of uploads is locked by another session: requests hold their connections and wait';
  },
  async heal({ dir }) {
    const sql = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${NAME}' and pid <> pg_backend_pid()`;
    // Without a server there is no session either.
    await docker(psqlOf(dir, sql));
  },
};
