import type { LedgersVerification } from '@origin-stack/contract/ledger';
import type { Db } from '../ports.ts';
import { readTenantIds } from '../tenants/tenantStore.ts';
import { verifyLedger } from './verifyLedger.ts';

const PAGE_TENANTS = 500;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/**
 * Verifies the ledger of every tenant, one after the other and page by page: one connection at a time, memory that does
 * not grow with the chains, and a turn for everything else between two pages. A bad ledger does not keep it from the next
 * ones. Rejects where the database is away, and soon after `signal` aborts.
 */
export async function verifyLedgers(deps: { db: Db }, signal?: AbortSignal): Promise<LedgersVerification> {
  const result: LedgersVerification = { tenants: 0, events: 0, failures: [] };
  const onProgress = () => signal?.throwIfAborted();
  for await (const tenantId of tenantIds(deps.db)) {
    onProgress();
    const { events, first_bad_sequence, reason } = await verifyLedger(deps, tenantId, onProgress);
    result.tenants += 1;
    result.events += events;
    if (first_bad_sequence !== null) {
      result.failures.push({ tenant_id: tenantId, first_bad_sequence, reason: reason ?? '' });
    }
  }
  return result;
}

async function* tenantIds(db: Db): AsyncGenerator<string> {
  let page = await readTenantIds(db, BEFORE_ALL, PAGE_TENANTS);
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    yield* page;
    page = await readTenantIds(db, last, PAGE_TENANTS);
  }
}
