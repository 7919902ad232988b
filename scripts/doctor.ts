import { locateBundle } from './bundle/bundleDir.ts';
import { doctorText } from './doctor/doctorText.ts';
import { examine } from './doctor/examine.ts';
import { openContext } from './doctor/openContext.ts';
import { doctorChecks } from './doctor/registry.ts';
import { defineCommand, type Json } from './lib/command.ts';
import { UsageError } from './lib/commandErrors.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';

export const command = defineCommand({
  name: 'doctor',
  summary: 'Find what is wrong with host and bundle, and say what to type',
  details: [
    'Works before the first `./stack up` too: what needs a running bundle is skipped then, not passed.',
    'Exits 1 on an error; warnings do not count.',
  ].join('\n'),
  examples: ['./stack doctor', './stack doctor --fix', './stack doctor --only secrets --only ports'],
  flags: {
    fix: { type: 'boolean', summary: 'mend what is safe to mend: it changes nothing that works' },
    only: { type: 'string', placeholder: 'NAME', multiple: true, summary: 'this check; may be given again' },
    'state-dir': stateDirFlag,
  },
  async run({ flags, progress, signal }) {
    const unknown = flags.only.find((name) => !doctorChecks.some((check) => check.name === name));
    if (unknown !== undefined) {
      const known = doctorChecks.map(({ name }) => name).join(', ');
      throw new UsageError({
        what: `there is no check ${unknown}`,
        why: `there are ${known}`,
        next: './stack doctor',
      });
    }
    const checks = doctorChecks.filter(({ name }) => flags.only.length === 0 || flags.only.includes(name));
    const step = progress.step('looking at host and bundle');
    const context = await openContext(locateBundle(flags['state-dir']), signal);
    const findings = await examine(checks, context, { fix: flags.fix });
    step.done();
    const isWell = !findings.some(({ issues }) =>
      issues.some((one) => one.severity === 'error' && !one.fixed),
    );
    return {
      data: { well: isWell, findings } as unknown as Json,
      text: doctorText(findings),
      exitCode: isWell ? 0 : 1,
    };
  },
});
