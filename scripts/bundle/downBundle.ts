import type { CommandContext, CommandResult, Flags, Plan } from '../lib/command.ts';
import type { BundleDir } from './bundleDir.ts';
import { composeDown, stayingNetworks } from './composeDown.ts';
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

/** Stops the bundle's containers and removes them; volumes and secrets stay. */
export async function downBundle(
  dir: BundleDir,
  { progress, signal }: Pick<CommandContext<Flags>, 'progress' | 'signal'>,
): Promise<CommandResult> {
  const containers = await listContainers(dir);
  const step = progress.step('stopping');
  const networks = await composeDown(dir, { signal });
  step.done();
  const stopped = containers.map(({ service }) => service);
  return {
    data: { stopped, remains: { networks } },
    text: [
      `stopped: ${stopped.join(', ')}`,
      ...stayingNetworks(networks),
      'the data is kept; start again: ./stack up',
    ].join('\n'),
  };
}
