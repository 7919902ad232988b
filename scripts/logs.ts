import { bundleLogs } from './bundle/bundleLogs.ts';
import { findBundle } from './bundle/findBundle.ts';
import { listLogs, readLogs } from './embedded/serviceLogs.ts';
import { locateStateDir } from './embedded/stateDir.ts';
import { defineCommand } from './lib/command.ts';
import { PreconditionError, UsageError } from './lib/commandErrors.ts';
import { redact } from './lib/redact.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';

export const command = defineCommand({
  name: 'logs',
  summary: 'Show the logs of what runs here',
  details:
    'Without SERVICE all of them. With --json each line is an object {"service", "line"}. Ctrl-C is how --follow ends: exit code 0.',
  arguments: { usage: '[SERVICE]', min: 0, max: 1 },
  examples: ['./stack logs', './stack logs api --follow', './stack logs worker --lines 500'],
  flags: {
    follow: { type: 'boolean', short: 'f', summary: 'go on with new lines until Ctrl-C' },
    lines: {
      type: 'integer',
      short: 'n',
      placeholder: 'N',
      default: 100,
      min: 0,
      max: 100_000,
      summary: 'how many of the last lines of each log (default 100)',
    },
    'state-dir': stateDirFlag,
  },
  async run({ flags, args, json, print, signal }) {
    const bundle = await findBundle(flags['state-dir']);
    if (bundle) {
      const { follow, lines } = flags;
      await bundleLogs(bundle, { service: args[0], follow, lines, json, print, signal });
      return undefined;
    }
    const dir = locateStateDir(flags['state-dir']);
    const known = await listLogs(dir);
    if (known.length === 0)
      throw new PreconditionError({ what: 'there are no logs yet', next: './stack up' });
    const [wanted] = args;
    if (wanted !== undefined && !known.includes(wanted)) {
      throw new UsageError({ what: `there is no log of "${wanted}"`, why: `there are: ${known.join(', ')}` });
    }
    const services = wanted === undefined ? known : [wanted];
    const width = Math.max(...services.map((service) => service.length));
    await readLogs(
      dir,
      { services, lines: flags.lines, follow: flags.follow, signal },
      ({ service, line }) => {
        const safe = redact(line);
        print(json ? JSON.stringify({ service, line: safe }) : `${service.padEnd(width)} | ${safe}`);
      },
    );
    return undefined;
  },
});
