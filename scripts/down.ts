import { downBundle, planDown } from './bundle/downBundle.ts';
import { findBundle } from './bundle/findBundle.ts';
import { locateStateDir } from './embedded/stateDir.ts';
import { planStop, stopSupervisor } from './embedded/stopSupervisor.ts';
import { defineCommand } from './lib/command.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';

export const command = defineCommand({
  name: 'down',
  summary: 'Stop what runs here and keep its data',
  examples: ['./stack down', './stack down --dry-run'],
  flags: {
    'state-dir': stateDirFlag,
  },
  lock: async ({ flags }) => (await findBundle(flags['state-dir']))?.lockFile,
  async plan({ flags }) {
    const bundle = await findBundle(flags['state-dir']);
    return bundle ? await planDown(bundle) : await planStop(locateStateDir(flags['state-dir']));
  },
  async run({ flags, progress, signal }) {
    const bundle = await findBundle(flags['state-dir']);
    if (bundle) return await downBundle(bundle, { progress, signal });
    const step = progress.step('stopping');
    const stopped = await stopSupervisor(locateStateDir(flags['state-dir']));
    step.done();
    return {
      data: { stopped },
      text: `stopped: ${stopped.join(', ')}\nthe data is kept; start again: ./stack up`,
    };
  },
});
