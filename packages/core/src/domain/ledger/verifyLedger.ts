import type { LedgerVerification } from '@origin-stack/contract/ledger';
import type { Db } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { type LedgerRow, readEventsAfter, readHead } from './ledgerStore.ts';
import { verifyChain } from './verifyChain.ts';

const PAGE_EVENTS = 2_000;

/**
 * Verifies a tenant's whole chain up to the head as it stands at the call. Each page is read in a transaction
 * of its own, so that a long chain holds no snapshot open. `onProgress` is told the events verified so far.
 */
export async function verifyLedger(
  deps: { db: Db },
  tenantId: string,
  onProgress: (events: number) => void = () => {},
): Promise<LedgerVerification> {
  const head = await inTenant(deps.db, tenantId, (tx) => readHead(tx, tenantId));
  async function* pages(): AsyncGenerator<LedgerRow[]> {
    let after = 0;
    while (head && after < head.sequence) {
      const limit = Math.min(PAGE_EVENTS, head.sequence - after);
      const rows = await inTenant(deps.db, tenantId, (tx) => readEventsAfter(tx, { tenantId, after, limit }));
      const last = rows.at(-1);
      if (!last) return;
      yield rows;
      after = last.sequence;
      onProgress(after);
    }
  }
  return verifyChain({ tenantId, head, pages: pages() });
}
