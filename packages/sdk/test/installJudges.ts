import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const LOCKED = join(import.meta.dirname, 'judges');
const FOLDER = join(import.meta.dirname, '..', '..', '..', '.stack', 'sdk-judges');
const MARK = join(FOLDER, 'installed.json');

/** Programs that judge the package: other releases of Node, a bundler, checks of packages, and an older
 * compiler that one of them brings. */
export interface Judges {
  node(major: 20 | 22): string;
  /** A program of an installed package. */
  program(name: 'esbuild' | 'publint' | 'attw' | 'tsc'): string;
}

/** Installs what `judges/package-lock.json` names, once for each content of it: then nothing is asked of the network. */
export async function installJudges(): Promise<Judges> {
  const lock = await readFile(join(LOCKED, 'package-lock.json'), 'utf8');
  if ((await readFile(MARK, 'utf8').catch(() => '')) !== lock) {
    await rm(FOLDER, { recursive: true, force: true });
    await mkdir(FOLDER, { recursive: true });
    await cp(LOCKED, FOLDER, { recursive: true });
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
    await promisify(execFile)('npm', args, { cwd: FOLDER });
    // Last: an installation that was cut off is done again.
    await writeFile(MARK, lock);
  }
  const modules = join(FOLDER, 'node_modules');
  return {
    node: (major) => join(modules, `node${major}-${process.arch}`, 'bin', 'node'),
    program: (name) => join(modules, '.bin', name),
  };
}
