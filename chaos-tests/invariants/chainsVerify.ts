import type { Invariant } from './aftermath.ts';

/** Every chain verifies from the first event to the head, by the API and by the operators' command. */
export const chainsVerify: Invariant = async ({ product, tenants }) => {
  const violations: string[] = [];
  for (const { name, client } of tenants) {
    const verdict = await client.verifyLedger();
    if (!verdict.valid) violations.push(`${name}: event ${verdict.first_bad_sequence}: ${verdict.reason}`);
  }
  const { code, stdout, stderr } = await product.stack(['verify-ledger']);
  if (code !== 0) violations.push(`verify-ledger ended with ${code}: ${stdout}${stderr}`);
  for (const { name } of tenants) {
    if (!new RegExp(`✓ ${name}: [1-9][0-9]* events`).test(stdout)) {
      violations.push(`verify-ledger does not tell of ${name}`);
    }
  }
  return violations;
};
