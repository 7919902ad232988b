import { existsSync } from 'node:fs';
import { locateBundle } from './bundle/bundleDir.ts';
import { lockOfBundle } from './bundle/findBundle.ts';
import { planUninstall, uninstallBundle } from './bundle/uninstallBundle.ts';
import { defineCommand } from './lib/command.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';

export const command = defineCommand({
  name: 'uninstall',
  summary: 'Remove the bundle from this host; data, secrets and images only where they are named',
  details:
    'It ends with a list of what remains, each with what removes it. What is destroyed does not come back.',
  examples: [
    './stack uninstall --dry-run --data',
    './stack uninstall --yes',
    './stack uninstall --yes --data --secrets --images',
  ],
  flags: {
    data: {
      type: 'boolean',
      summary: "destroy the volumes too: every tenant's data, the keys in Vault, metrics",
    },
    secrets: { type: 'boolean', summary: 'destroy secrets, certificates and settings too; only with --data' },
    images: { type: 'boolean', summary: 'remove the images too, where no other container runs them' },
    'state-dir': stateDirFlag,
  },
  destroys: 'the containers and networks go, and what --data, --secrets and --images name',
  lock: ({ flags }) => lockOfBundle(flags['state-dir']),
  async plan({ flags }) {
    const dir = locateBundle(flags['state-dir']);
    if (!existsSync(dir.envFile)) return { summary: 'there is no bundle here', steps: [] };
    return await planUninstall(dir, flags);
  },
  async run({ flags, progress, signal }) {
    return await uninstallBundle(locateBundle(flags['state-dir']), flags, { progress, signal });
  },
});
