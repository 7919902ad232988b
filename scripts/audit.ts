import { auditBundle } from './audit/auditBundle.ts';
import { auditText } from './audit/auditText.ts';
import { auditChecks } from './audit/checkList.ts';
import { cisItems } from './audit/cisItems.ts';
import { locateBundle } from './bundle/bundleDir.ts';
import { defineCommand, type Json } from './lib/command.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';

export const command = defineCommand({
  name: 'audit',
  summary: 'Check the hardening of the running containers, and what differs from what is declared',
  details: [
    'Asks the engine what each container really has, whatever the Compose file says. Exceptions carry their reason.',
    'The numbers are those of the CIS Docker Benchmark 1.6.0, section 5. Exits 1 on any gap or drift.',
  ].join('\n'),
  examples: ['./stack audit', './stack audit --cis', './stack audit --json'],
  flags: {
    cis: { type: 'boolean', summary: 'list every item of the benchmark with what covers it' },
    'state-dir': stateDirFlag,
  },
  async run({ flags }) {
    const audit = await auditBundle(locateBundle(flags['state-dir']));
    const isClean = audit.drift.length === 0 && audit.verdicts.every(({ result }) => result !== 'gap');
    const checks = auditChecks.map(({ name, cis, rule }) => ({ name, cis, rule }));
    const data = { clean: isClean, ...audit, checks, cis: cisItems };
    return {
      data: data as unknown as Json,
      text: auditText(audit, { cis: flags.cis }),
      exitCode: isClean ? 0 : 1,
    };
  },
});
