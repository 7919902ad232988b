import { locateBundle } from './bundle/bundleDir.ts';
import { keyStatus } from './bundle/keys/keyStatus.ts';
import { defineCommand } from './lib/command.ts';
import { UsageError } from './lib/commandErrors.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';

export const command = defineCommand({
  name: 'rotate',
  summary: 'Show how old the service keys are and when each is due for rotation',
  details:
    'Exit code 1 where a key is missing, a rotation was cut short, or audit/api-keys.log is not as it was written.',
  examples: ['./stack rotate --status', './stack rotate --status --json'],
  flags: {
    status: { type: 'boolean', summary: 'age and due date of each key' },
    'state-dir': stateDirFlag,
  },
  run({ flags }) {
    if (flags.status) return keyStatus(locateBundle(flags['state-dir']), Date.now());
    throw new UsageError({
      what: 'rotate shows what is due, and wants --status for it',
      next: './stack rotate --status, or ./stack rotate-api-key to rotate service keys',
    });
  },
});
