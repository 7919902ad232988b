import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKOUT } from '../lib/checkout.ts';

/** Where the embedded default keeps everything; `root` is the state directory itself. */
export type StateDir = {
  root: string;
  secrets: string;
  postgresData: string;
  redisData: string;
  objects: string;
  logs: string;
  run: string;
  stateFile: string;
  lockFile: string;
  /** What the operator sets: `NAME=VALUE` a line. */
  settingsFile: string;
  redisDownload: string;
};

/** The state directory of this checkout. */
export const defaultStateRoot = join(CHECKOUT, '.stack', 'embedded');

/** The paths below a state directory; nothing is made. */
export function locateStateDir(root: string = defaultStateRoot): StateDir {
  const run = join(root, 'run');
  return {
    root,
    secrets: join(root, 'secrets'),
    postgresData: join(root, 'data', 'pg'),
    redisData: join(root, 'data', 'redis'),
    objects: join(root, 'data', 'objects'),
    logs: join(root, 'logs'),
    run,
    stateFile: join(run, 'state.json'),
    lockFile: join(run, 'lock'),
    settingsFile: join(root, 'settings.env'),
    // Outside the state: it is a program, not data, and the tests use the same one.
    redisDownload: join(CHECKOUT, '.stack', 'redis'),
  };
}

/**
 * Makes the directories, closed to everybody else. As root the database server is another user, who must pass
 * through to its own directory: the two above it then let pass, and still show nothing.
 */
export async function makeStateDir(dir: StateDir): Promise<void> {
  const passage = process.getuid?.() === 0 ? 0o711 : 0o700;
  for (const path of [dir.root, join(dir.root, 'data')]) {
    await mkdir(path, { recursive: true, mode: passage });
    await chmod(path, passage);
  }
  for (const path of [dir.secrets, dir.redisData, dir.objects, dir.logs, dir.run]) {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await chmod(path, 0o700);
  }
}
