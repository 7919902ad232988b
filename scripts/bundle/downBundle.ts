import type { CommandContext, CommandResult, Flags, Plan } from '../lib/command.ts';
import type { BundleDir } from './bundleDir.ts';
import { composeArgv, EVERY_PROFILE, mustDocker } from './compose.ts';
import { listContainers } from './containers.ts';

/** What `down` would stop. */
export async function planDown(dir: BundleDir): Promise<Plan> {
  const containers = await listContainers(dir);
  return {
    summary:
      containers.length > 0 ? 'would stop and remove; data, secrets and images stay' : 'nothing runs here',
    steps: containers.map(({ service, name }) => ({ action: `stop ${service}`, name })),
  };
}

/** Stops the bundle's containers, in the order of their needs, and removes them; volumes and secrets stay. */
export async function downBundle(
  dir: BundleDir,
  { progress, signal }: Pick<CommandContext<Flags>, 'progress' | 'signal'>,
): Promise<CommandResult> {
  const containers = await listContainers(dir);
  const step = progress.step('stopping');
  await mustDocker(composeArgv(dir, ...EVERY_PROFILE, 'down', '--remove-orphans'), { signal });
  step.done();
  const stopped = containers.map(({ service }) => service);
  return {
    data: { stopped },
    text: `stopped: ${stopped.join(', ')}\nthe data is kept; start again: ./stack up`,
  };
}
