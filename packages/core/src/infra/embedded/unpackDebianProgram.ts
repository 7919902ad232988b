import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * `targetDir` becomes a small root directory: `usr/bin/…`, `usr/lib/…`. `alone` leaves the dependencies out: for a
 * program that needs the C library only.
 */
export type UnpackOptions = { packageName: string; targetDir: string; alone?: boolean };

/**
 * Fetches a package of the host's own Debian or Ubuntu sources, with the dependencies that the host lacks,
 * and unpacks it into `targetDir`. apt keeps its lists and cache in there meanwhile, so the host stays as it
 * is and no root is needed; apt checks signatures and hashes as ever. Two at once are safe: each works in its
 * own directory and the last rename wins. Throws with apt's last line when the package cannot be had.
 */
export async function unpackDebianProgram(options: UnpackOptions): Promise<void> {
  const { packageName, targetDir, alone = false } = options;
  await mkdir(dirname(targetDir), { recursive: true });
  const workDir = await mkdtemp(`${targetDir}.`);
  try {
    const apt = makeApt(workDir);
    for (const dir of ['lists/partial', 'cache/archives/partial', 'packages', 'root']) {
      await mkdir(join(workDir, dir), { recursive: true });
    }
    await apt(['update']);
    const plan = async () => apt(['-s', 'install', '--no-install-recommends', packageName]);
    const missing = alone ? [packageName] : parseInstallPlan(await plan());
    if (missing.length === 0) throw new Error(`${packageName} is installed but does not run`);
    await apt(['download', ...missing]);
    for (const file of await readdir(join(workDir, 'packages'))) {
      await run('dpkg', ['-x', join(workDir, 'packages', file), join(workDir, 'root')]);
    }
    await rm(targetDir, { recursive: true, force: true });
    await rename(join(workDir, 'root'), targetDir);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

/** The `name=version` of each line `Inst name (version …)` of apt's simulation. */
export function parseInstallPlan(simulation: string): string[] {
  const lines = simulation.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+) /gm);
  return [...lines].map(([, name, version]) => `${name}=${version}`);
}

function makeApt(workDir: string) {
  const settings = {
    'Dir::State::lists': join(workDir, 'lists'),
    'Dir::Cache': join(workDir, 'cache'),
    'Debug::NoLocking': '1',
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
    'Acquire::Retries': '3',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return async (args: string[]): Promise<string> => {
    try {
      const cwd = join(workDir, 'packages');
      const { stdout } = await run('apt-get', ['-q', ...options, ...args], { cwd, maxBuffer: 64 << 20 });
      return stdout;
    } catch (error) {
      const failure = error as { code?: unknown; stderr?: string; message: string };
      if (failure.code === 'ENOENT') throw new Error('this host has no apt-get', { cause: error });
      const lastLine = (failure.stderr || failure.message).trim().split('\n').at(-1);
      throw new Error(`apt-get ${args[0]}: ${lastLine}`, { cause: error });
    }
  };
}
