import { productVersion } from '@origin-stack/core/infra/productVersion';
import type { CommandContext, CommandResult, Flags, Plan } from '../lib/command.ts';
import { CommandError, PreconditionError } from '../lib/commandErrors.ts';
import type { GivenSettings } from '../settings/checkSettings.ts';
import type { BundleDir } from './bundleDir.ts';
import { requireBundle } from './bundleSettings.ts';
import { engineAnswers } from './compose.ts';
import { listContainers } from './containers.ts';
import { initBundle } from './initBundle.ts';
import { planContainers } from './planContainers.ts';
import { planInit } from './planInit.ts';
import { startContainers } from './startContainers.ts';

type Context = Pick<CommandContext<Flags>, 'progress' | 'signal'>;

/** What `setInBundle` would write, and whom it would restart. */
export async function planSetInBundle(dir: BundleDir, changes: GivenSettings): Promise<Plan['steps']> {
  await requireSameVersion(dir);
  const { steps, ...coming } = await planInit(dir, { given: changes }, { canLook: true });
  if (!(await isRunning(dir))) return steps;
  return [...steps, ...(await planContainers({ ...coming, toBuild: [], isLoaded: false }))];
}

/**
 * Writes the settings and, where the bundle runs, replaces who reads them, one replica of the API after the other. Where one does
 * not come up with them, the other goes on, and the error says what takes them back.
 */
export async function setInBundle(
  dir: BundleDir,
  { given, changes }: { given: GivenSettings; changes: GivenSettings },
  { progress, signal }: Context,
): Promise<CommandResult> {
  await requireSameVersion(dir);
  const { writtenAt } = await initBundle(dir, { given: changes });
  if (!(await isRunning(dir))) {
    return {
      data: { file: dir.envFile, restarted: false },
      text: `set in ${dir.envFile}; the bundle does not run: ./stack up reads it`,
    };
  }
  const step = progress.step('restarting who reads it');
  try {
    const containers = await startContainers(dir, { step, signal, writtenAt });
    step.done(`${containers.length} containers are well`);
  } catch (error) {
    if (signal.aborted) throw error;
    throw notTaken(dir, { given, changes, cause: error as Error });
  }
  return {
    data: { file: dir.envFile, restarted: true },
    text: `set in ${dir.envFile}, and in force`,
  };
}

function notTaken(
  dir: BundleDir,
  { given, changes, cause }: { given: GivenSettings; changes: GivenSettings; cause: Error },
): CommandError {
  const former = (Object.keys(changes) as (keyof GivenSettings)[]).map(
    (name) => `${name}=${given[name] ?? ''}`,
  );
  return new CommandError(
    {
      what: 'the settings are written, and not everybody came up with them',
      // With the last words of who did not.
      why: [cause.message, cause instanceof CommandError ? cause.why : undefined].filter(Boolean).join('\n'),
      next: `take them back: ./stack config set ${[...former, ...dir.named].join(' ')}`,
    },
    { cause },
  );
}

async function isRunning(dir: BundleDir): Promise<boolean> {
  return (await engineAnswers()) && (await listContainers(dir)).some(({ state }) => state === 'running');
}

/** Another version is brought in by `up`, which builds its images before. */
async function requireSameVersion(dir: BundleDir): Promise<void> {
  const { ORIGIN_TAG_APP: tag = '' } = await requireBundle(dir);
  const version = tag.replace(/-[0-9a-f]+$/, '');
  if (version === productVersion) return;
  throw new PreconditionError({
    what: `the bundle is of version ${version}, this checkout of ${productVersion}`,
    why: 'a setting is changed by the version that runs',
    next: ['./stack up', ...dir.named].join(' '),
  });
}
