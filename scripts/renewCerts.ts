import { locateBundle } from './bundle/bundleDir.ts';
import { lockOfBundle } from './bundle/findBundle.ts';
import { planRenewal, renewCertificates } from './bundle/renewCertificates.ts';
import { defineCommand } from './lib/command.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';

export const command = defineCommand({
  name: 'renew-certs',
  summary: 'Renew the certificates between services that are nearly over, dropping no connection',
  details:
    'Those of the internal authority with a third or less of their life left, and any that cannot be used as it is. Each ' +
    'service takes its new one into force without a restart, and is then asked for what it really serves. A run that was ' +
    'cut short is finished by the next. The timer of `./stack service install` runs this every day. The public certificate is ' +
    'no part of it.',
  examples: ['./stack renew-certs', './stack renew-certs --dry-run', './stack renew-certs --all --json'],
  flags: {
    all: { type: 'boolean', summary: 'renew every one of them, also those with time left' },
    'state-dir': stateDirFlag,
  },
  lock: ({ flags }) => lockOfBundle(flags['state-dir']),
  plan: ({ flags, signal }) => planRenewal(locateBundle(flags['state-dir']), { all: flags.all }, signal),
  run: ({ flags, progress, signal }) =>
    renewCertificates(locateBundle(flags['state-dir']), { all: flags.all }, { progress, signal }),
});
