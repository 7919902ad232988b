import type { IngestReply } from '@origin-stack/contract/ingest';
import { chain, type EventDraft } from '../ledger/appendEvents.ts';
import { type LedgerHead, lockHead } from '../ledger/ledgerStore.ts';
import type { Clock, Db, Ids, Tx } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { publishEvents } from '../webhooks/publishEvents.ts';
import {
  ExternalIdTaken,
  type NewCertificate,
  type NewUpload,
  takenExternalIds,
  writeDecisions,
} from './uploadStore.ts';

/** A decision that is made and signed, and not yet written. */
export interface DecisionDraft {
  upload: Omit<NewUpload, 'ledger_sequence'>;
  certificate: NewCertificate;
  event: EventDraft;
  reply: Omit<IngestReply, 'ledger'>;
}

/** The reply of what was written; null where the external id was taken meanwhile. */
export type Committed = IngestReply | null;

/**
 * Writes decisions of one tenant in one transaction: uploads, signals, certificates, ledger events and the deliveries
 * that follow. External ids are nearly always new, so nobody asks first: where one is taken, the transaction is rolled
 * back and begun again without it.
 */
export async function commitDecisions(
  deps: { db: Db; clock: Clock; ids: Ids },
  tenantId: string,
  drafts: DecisionDraft[],
): Promise<Committed[]> {
  try {
    return await inTenant(deps.db, tenantId, async (tx) => {
      const head = await lockHead(tx, tenantId);
      return write(deps, { tx, tenantId, head }, { drafts, taken: new Set() });
    });
  } catch (error) {
    if (!(error instanceof ExternalIdTaken)) throw error;
  }
  return inTenant(deps.db, tenantId, async (tx) => {
    const head = await lockHead(tx, tenantId);
    const externalIds = drafts.map((draft) => draft.upload.external_id);
    const taken = await takenExternalIds(tx, tenantId, externalIds);
    return write(deps, { tx, tenantId, head }, { drafts, taken });
  });
}

interface Place {
  tx: Tx;
  tenantId: string;
  /** Locked. */
  head: LedgerHead;
}

async function write(
  deps: { clock: Clock; ids: Ids },
  { tx, tenantId, head }: Place,
  { drafts, taken }: { drafts: DecisionDraft[]; taken: Set<string> },
): Promise<Committed[]> {
  const fresh = drafts.filter(({ upload }) => {
    const isFresh = !taken.has(upload.external_id);
    taken.add(upload.external_id);
    return isFresh;
  });
  if (fresh.length === 0) return drafts.map(() => null);
  const events = chain({ tenantId, head, drafts: fresh.map((draft) => draft.event) });
  const replies = new Map<DecisionDraft, IngestReply>();
  for (const [index, { sequence, event_hash }] of events.entries()) {
    const draft = fresh[index];
    if (draft) replies.set(draft, { ...draft.reply, ledger: { sequence, event_hash } });
  }
  const isAwaited = await writeDecisions(tx, tenantId, {
    events,
    uploads: fresh.map((draft, index) => ({ ...draft.upload, ledger_sequence: head.sequence + 1 + index })),
    signals: fresh.flatMap((draft) =>
      draft.reply.reasons.map((reason, position) => ({ upload_id: draft.upload.id, position, ...reason })),
    ),
    certificates: fresh.map((draft) => draft.certificate),
  });
  if (isAwaited) {
    const published = [...replies.values()].map((reply) => ({
      type: 'decision.created' as const,
      data: reply,
      correlationId: reply.correlation_id,
    }));
    await publishEvents(deps, { tx, tenantId }, published);
  }
  return drafts.map((draft) => replies.get(draft) ?? null);
}
