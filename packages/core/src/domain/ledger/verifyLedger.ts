import type { LedgerVerification } from '@origin-stack/contract/ledger';
import type { Db } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { type LedgerRow, readEnd, readEventsAfter } from './ledgerStore.ts';
import { verifyChain } from './verifyChain.ts';

const PAGE_EVENTS = 2_000;

/**
 * Verifies a tenant's whole chain up to its end as it stands at the call. Each page is read in a transaction
 * of its own, so that a long chain holds no snapshot open. `onProgress` is told the events verified so far.
 */
export async function verifyLedger(
  deps: { db: Db },
  tenantId: string,
  onProgress: (events: number) => void = () => {},
): Promise<LedgerVerification> {
  const { head, lastSequence } = await inTenant(deps.db, tenantId, (tx) => readEnd(tx, tenantId));
  const end = Math.max(head?.sequence ?? 0, lastSequence);
  async function* pages(): AsyncGenerator<LedgerRow[]> {
    let after = 0;
    while (head && after < end) {
      const limit = Math.min(PAGE_EVENTS, end - after);
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
