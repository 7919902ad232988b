import type { CommandEntry } from './command.ts';

/** Every command of `./stack`, in the order of the help. A test keeps names and summaries equal to the files'. */
export const commandList: readonly CommandEntry[] = [
  {
    name: 'up',
    group: 'Run',
    summary: 'Start the product here and check it with a real item',
    load: () => import('../up.ts'),
  },
  {
    name: 'init',
    group: 'Run',
    summary: 'Make the secrets, certificates and settings of the Compose bundle',
    load: () => import('../init.ts'),
  },
  {
    name: 'down',
    group: 'Run',
    summary: 'Stop what runs here and keep its data',
    load: () => import('../down.ts'),
  },
  {
    name: 'uninstall',
    group: 'Run',
    summary: 'Remove the bundle from this host; data, secrets and images only where they are named',
    load: () => import('../uninstall.ts'),
  },
  {
    name: 'status',
    group: 'Run',
    summary: 'Show what runs here and how it is',
    load: () => import('../status.ts'),
  },
  {
    name: 'logs',
    group: 'Run',
    summary: 'Show the logs of what runs here',
    load: () => import('../logs.ts'),
  },
  {
    name: 'service',
    group: 'Run',
    summary: 'Start the bundle at boot and run the timers of the host',
    load: () => import('../service.ts'),
  },
  {
    name: 'engine',
    group: 'Run',
    summary: 'Install and start a Docker engine with Compose on Debian or Ubuntu',
    load: () => import('../engine.ts'),
  },
  {
    name: 'images',
    group: 'Run',
    summary: "Build the bundle's container images, as far as they are not there",
    load: () => import('../images.ts'),
  },
  {
    name: 'bundle',
    group: 'Run',
    summary: 'Write one archive that installs the bundle on a host without a network',
    load: () => import('../bundle.ts'),
  },
  {
    name: 'migrate',
    group: 'Run',
    summary: 'Bring the database to the newest schema',
    load: () => import('../migrate.ts'),
  },
  {
    name: 'tenant',
    group: 'Tenants and keys',
    summary: 'Make tenants, list them, and say from which networks their keys may be used',
    load: () => import('../tenant.ts'),
  },
  {
    name: 'key',
    group: 'Tenants and keys',
    summary: "Make, list and revoke tenants' API keys",
    load: () => import('../key.ts'),
  },
  {
    name: 'demo',
    group: 'Prove',
    summary: 'Decide on real files, and verify everything that comes back',
    load: () => import('../demo.ts'),
  },
  {
    name: 'verify-pack',
    group: 'Prove',
    summary: 'Verify an evidence pack offline, trusting no key that it brought',
    load: () => import('../verifyPack.ts'),
  },
  {
    name: 'verify-ledger',
    group: 'Prove',
    summary: "Verify tenants' ledgers from the first event to the head",
    load: () => import('../verifyLedger.ts'),
  },
  {
    name: 'doctor',
    group: 'Run',
    summary: 'Find what is wrong with host and bundle, and say what to type',
    load: () => import('../doctor.ts'),
  },
  {
    name: 'audit',
    group: 'Prove',
    summary: 'Check the hardening of the running containers, and what differs from what is declared',
    load: () => import('../audit.ts'),
  },
  {
    name: 'test',
    group: 'Develop',
    summary: 'Run every suite that this host can run',
    load: () => import('../test.ts'),
  },
  {
    name: 'bench',
    group: 'Develop',
    summary: 'Measure what the product promises, each beside something measured in the same run',
    load: () => import('../bench.ts'),
  },
  {
    name: 'reference',
    group: 'Develop',
    summary: 'Write docs/reference from the code',
    load: () => import('../reference.ts'),
  },
  {
    name: 'train-model',
    group: 'Models',
    summary: 'Train the risk and anomaly models, reproducibly from a seed',
    load: () => import('../trainModel.ts'),
  },
];
