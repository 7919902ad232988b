import type { LedgerVerification } from '@origin-stack/contract/ledger';
import type { Db } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { readEnd, readEventsAfter } from './ledgerStore.ts';
import { readPolicyIds, readTableRows, readUploadsWithEvents } from './tableRows.ts';
import { type LedgerPage, verifyChain } from './verifyChain.ts';

/** Comparing a decision takes a tenth of a millisecond or two: between two pages others have their turn. */
const PAGE_EVENTS = 500;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/**
 * Verifies a tenant's whole chain up to its end as it stands at the call, and the tables with it: every upload, signal,
 * certificate, policy and pack against its event, and every upload, policy and finished pack for having one. The reason
 * names the row.
 * Each page is read in a transaction of its own, so that a long chain holds no snapshot open. `onProgress` is told the
 * events verified so far.
 */
export async function verifyLedger(
  deps: { db: Db },
  tenantId: string,
  onProgress: (events: number) => void = () => {},
): Promise<LedgerVerification> {
  const { head, lastSequence, policyIds } = await inTenant(deps.db, tenantId, async (tx) => ({
    // Before the end: whatever policy is there by then, its event is not behind the end.
    policyIds: await readPolicyIds(tx, tenantId),
    ...(await readEnd(tx, tenantId)),
  }));
  const end = Math.max(head?.sequence ?? 0, lastSequence);
  const withoutEvent = new Set(policyIds);
  async function* pages(): AsyncGenerator<LedgerPage> {
    let after = 0;
    while (head && after < end) {
      const limit = Math.min(PAGE_EVENTS, end - after);
      const page = await inTenant(deps.db, tenantId, async (tx) => {
        const events = await readEventsAfter(tx, { tenantId, after, limit });
        return { events, tables: await readTableRows(tx, tenantId, events) };
      });
      const last = page.events.at(-1);
      if (!last) return;
      yield page;
      after = last.sequence;
      onProgress(after);
    }
  }
  const verdict = await verifyChain({
    tenantId,
    head,
    pages: pages(),
    onEvent: ({ event_type, body }) => {
      if (event_type === 'policy.created') withoutEvent.delete(String(body.policy_id));
    },
  });
  if (!verdict.valid) return verdict;
  const [policyId] = withoutEvent;
  const fault =
    policyId === undefined
      ? await rowWithoutEvent(deps.db, tenantId, () => onProgress(end))
      : { sequence: end + 1, reason: `policy ${policyId} has no event` };
  if (!fault) return verdict;
  return { ...verdict, valid: false, first_bad_sequence: fault.sequence, reason: fault.reason };
}

/** The first upload that no event proves, or that has a finished pack of which none tells, with the upload's place in the ledger. */
async function rowWithoutEvent(
  db: Db,
  tenantId: string,
  onProgress: () => void,
): Promise<{ sequence: number; reason: string } | undefined> {
  let after = BEFORE_ALL;
  for (;;) {
    const rows = await inTenant(db, tenantId, (tx) =>
      readUploadsWithEvents(tx, { tenantId, after, limit: PAGE_EVENTS }),
    );
    const bad = rows.find((row) => !row.has_event || row.unproven_pack !== null);
    if (bad) {
      const what = bad.has_event ? `pack ${bad.unproven_pack}` : `upload ${bad.id}`;
      return { sequence: Math.max(1, bad.ledger_sequence), reason: `${what} has no event` };
    }
    const last = rows.at(-1);
    if (!last) return undefined;
    after = last.id;
    onProgress();
  }
}
