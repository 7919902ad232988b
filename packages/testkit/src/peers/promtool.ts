import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { unpackDebianProgram } from '@origin-stack/core/infra/embedded/unpackDebianProgram';
import { type Availability, stackDir } from './peerProcess.ts';

const toolsDir = fileURLToPath(new URL('tools', stackDir));

/** A package of its own from Debian 13 on; before, a part of Prometheus'. */
const PACKAGES = ['promtool', 'prometheus'];

const run = promisify(execFile);

const runs = (program: string) =>
  run(program, ['--version']).then(
    () => true,
    () => false,
  );

const unpackedIn = (name: string) => join(toolsDir, `debian-${name}`, 'usr', 'bin', 'promtool');

const present = (): string | undefined =>
  spawnSync('promtool', ['--version']).status === 0
    ? 'promtool'
    : PACKAGES.map(unpackedIn).find((path) => existsSync(path));

/** Whether promtool is here or can be: it needs apt. */
export function promtoolAvailable(): Availability {
  if (present() !== undefined || spawnSync('apt-get', ['--version']).status === 0) return { ok: true };
  return { ok: false, reason: "promtool, Prometheus' judge of rules, is not here, and there is no apt-get" };
}

/**
 * Prometheus' own judge of configuration and rules: the one on PATH, else that of the distribution's package, unpacked into
 * the checkout once (20 MB) without root. Gives its path. Throws one line that says what to install where there is none.
 */
export async function preparePromtool(report: (text: string) => void = toStderr): Promise<string> {
  const found = present();
  if (found !== undefined) return found;
  const problems: string[] = [];
  for (const packageName of PACKAGES) {
    report(`no promtool on this host: fetching the distribution's package ${packageName}, once`);
    try {
      await unpackDebianProgram({
        packageName,
        targetDir: join(toolsDir, `debian-${packageName}`),
        alone: true,
      });
      if (await runs(unpackedIn(packageName))) return unpackedIn(packageName);
      problems.push(`${packageName} has none that runs here`);
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  throw new Error(`no promtool: install ${PACKAGES.join(' or ')} (${problems.join('; ')})`);
}

function toStderr(text: string): void {
  process.stderr.write(`${text}\n`);
}
