import { existsSync } from 'node:fs';
import { findRunning } from '../embedded/runState.ts';
import { locateStateDir } from '../embedded/stateDir.ts';
import { PreconditionError, UsageError } from '../lib/commandErrors.ts';
import { type BundleDir, locateBundle } from './bundleDir.ts';
import { docker, engineAnswers } from './compose.ts';
import { initFlags } from './initFlags.ts';
import { whyNoEngine } from './noEngine.ts';

/** Those that say which of the two is meant; the flags of `init` beside them. */
interface ChoosingFlags {
  compose: boolean;
  embedded: boolean;
  bundle?: string | undefined;
  'state-dir'?: string | undefined;
}

/**
 * The bundle that `up` brings up; undefined where it starts the embedded default. The bundle is meant by each of its flags,
 * and where one was made here; else it is the engine that decides. Throws PreconditionError, with what to type, where the
 * bundle is meant and cannot be: nobody gets the one for the other.
 */
export async function chooseBundle(flags: ChoosingFlags): Promise<BundleDir | undefined> {
  const named = bundleFlagsIn(flags);
  if (flags.embedded && named.length > 0) {
    throw new UsageError({ what: `--embedded excludes ${named.join(', ')}`, next: './stack up --help' });
  }
  if (flags.embedded) return undefined;
  const dir = locateBundle(flags['state-dir']);
  const isEmbeddedAlive = (await findRunning(locateStateDir(flags['state-dir']))) !== undefined;
  const why = whyBundle(dir, named);
  if (why === undefined) return isEmbeddedAlive || !(await engineAnswers()) ? undefined : dir;
  if (isEmbeddedAlive) {
    throw new PreconditionError({
      what: 'the embedded default runs here',
      why,
      next: `${['./stack down', ...dir.named].join(' ')}, then type this again`,
    });
  }
  if (await engineAnswers()) return dir;
  const { what, next } = whyNoEngine((await sayOfEngine()).trim());
  const instead = existsSync(dir.envFile) ? '' : '; or ./stack up --embedded to try the product without';
  throw new PreconditionError({ what, why, next: `${next}${instead}` });
}

/** The flags that only the bundle has, as they are typed. */
function bundleFlagsIn(flags: ChoosingFlags): string[] {
  const values: Record<string, unknown> = { ...flags };
  return ['compose', 'bundle', ...Object.keys(initFlags)]
    .filter((name) => {
      const value = values[name];
      return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
    })
    .map((name) => `--${name}`);
}

function whyBundle({ envFile }: BundleDir, named: string[]): string | undefined {
  if (named.length > 0) {
    return `${named.join(', ')} ${named.length === 1 ? 'speaks' : 'speak'} of the bundle, which runs in containers`;
  }
  return existsSync(envFile) ? `a bundle was made here (${envFile}), which runs in containers` : undefined;
}

/** What the engine, or the want of one, says to this user. */
async function sayOfEngine(): Promise<string> {
  const version = ['version', '--format', '{{.Server.Version}}'];
  const said = await docker(version).catch((error: PreconditionError) => ({ stderr: error.message }));
  return said.stderr;
}
