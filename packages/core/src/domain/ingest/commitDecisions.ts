import type { IngestReply } from '@origin-stack/contract/ingest';
import { appendBehind, type EventDraft } from '../ledger/appendEvents.ts';
import { lockHead } from '../ledger/ledgerStore.ts';
import type { Clock, Db, Ids } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { publishEvents } from '../webhooks/publishEvents.ts';
import {
  insertCertificates,
  insertSignals,
  insertUploads,
  type NewCertificate,
  type NewUpload,
  takenExternalIds,
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
 * Writes decisions of one tenant in one transaction: uploads, signals, certificates, ledger events and the
 * deliveries that follow. The ledger's head is locked first, so that what is read after it stays true.
 */
export function commitDecisions(
  deps: { db: Db; clock: Clock; ids: Ids },
  tenantId: string,
  drafts: DecisionDraft[],
): Promise<Committed[]> {
  return inTenant(deps.db, tenantId, async (tx) => {
    const head = await lockHead(tx, tenantId);
    const taken = await takenExternalIds(
      tx,
      tenantId,
      drafts.map((draft) => draft.upload.external_id),
    );
    const fresh = drafts.filter((draft) => {
      const isFresh = !taken.has(draft.upload.external_id);
      taken.add(draft.upload.external_id);
      return isFresh;
    });
    if (fresh.length === 0) return drafts.map(() => null);
    const events = await appendBehind(tx, { tenantId, head, drafts: fresh.map((draft) => draft.event) });
    const sequences = new Map(events.map((event) => [event.upload_id, event]));
    const replies = new Map<DecisionDraft, IngestReply>();
    for (const draft of fresh) {
      const event = sequences.get(draft.upload.id);
      if (!event) throw new Error('a decision has no ledger event');
      const ledger = { sequence: event.sequence, event_hash: event.event_hash };
      replies.set(draft, { ...draft.reply, ledger });
    }
    const uploads = fresh.map((draft) => ({
      ...draft.upload,
      ledger_sequence: replies.get(draft)?.ledger.sequence ?? 0,
    }));
    await insertUploads(tx, tenantId, uploads);
    await insertSignals(
      tx,
      tenantId,
      fresh.flatMap((draft) =>
        draft.reply.reasons.map((reason, position) => ({ upload_id: draft.upload.id, position, ...reason })),
      ),
    );
    await insertCertificates(
      tx,
      tenantId,
      fresh.map((draft) => draft.certificate),
    );
    await publishEvents(
      deps,
      { tx, tenantId },
      [...replies.values()].map((reply) => ({
        type: 'decision.created',
        data: reply,
        correlationId: reply.correlation_id,
      })),
    );
    return drafts.map((draft) => replies.get(draft) ?? null);
  });
}
