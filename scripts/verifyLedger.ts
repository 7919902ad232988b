import type { LedgerVerification } from '@origin-stack/contract/ledger';
import { verifyLedger } from '@origin-stack/core/domain/ledger/verifyLedger';
import { listTenants } from '@origin-stack/core/domain/tenants/tenantStore';
import { findBundle } from './bundle/findBundle.ts';
import { runInBundle } from './bundle/runInBundle.ts';
import { findTenant } from './embedded/findTenant.ts';
import { openOperator } from './embedded/operator.ts';
import { defineCommand } from './lib/command.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';

export const command = defineCommand({
  name: 'verify-ledger',
  summary: "Verify tenants' ledgers from the first event to the head, and the tables with them",
  arguments: { usage: '[TENANT]', min: 0, max: 1 },
  details:
    'Compares uploads, reasons, scores, certificates, policies and packs with their events too. Names the first bad sequence and the ' +
    'reason, with the upload. Exits 1 where a chain does not verify, or a table contradicts it.',
  examples: ['./stack verify-ledger', './stack verify-ledger acme --json'],
  flags: { 'state-dir': stateDirFlag },
  async run({ flags, args: [wanted], progress, ...context }) {
    const bundle = await findBundle(flags['state-dir']);
    if (bundle) return await runInBundle(bundle, 'verify-ledger', { ...context, progress });
    await using operator = await openOperator(flags['state-dir']);
    const tenants = wanted
      ? [await findTenant(operator, wanted)]
      : await operator.db.transaction(listTenants);
    const results: (LedgerVerification & { tenant: string; id: string })[] = [];
    for (const { id, name } of tenants) {
      const step = progress.step(`verifying ${name}`);
      const result = await verifyLedger(operator, id, (events) => step.update(`${events} events`));
      if (result.valid) step.done(`${result.events} events`);
      else step.fail(`bad at ${result.first_bad_sequence}`);
      results.push({ tenant: name, id, ...result });
    }
    const line = (one: (typeof results)[number]) =>
      one.valid
        ? `✓ ${one.tenant}: ${one.events} events`
        : `✗ ${one.tenant}: event ${one.first_bad_sequence} is bad: ${one.reason}`;
    return {
      data: { ledgers: results },
      text: results.map(line).join('\n') || 'there are no tenants',
      exitCode: results.every((one) => one.valid) ? 0 : 1,
    };
  },
});
