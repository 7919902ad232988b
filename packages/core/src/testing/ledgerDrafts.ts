import type { EventDraft } from '../domain/ledger/appendEvents.ts';
import { randomIds } from '../infra/randomIds.ts';
import { systemClock } from '../infra/systemClock.ts';

/** An event as `evidence.ready` writes it; what is given replaces its members. */
export function ledgerDraft(more: Partial<EventDraft> = {}): EventDraft {
  const uploadId = randomIds.next();
  return {
    eventId: randomIds.next(),
    type: 'evidence.ready',
    timestamp: systemClock.now(),
    actor: { type: 'system', id: 'worker' },
    correlationId: 'test',
    uploadId,
    body: { pack_id: randomIds.next(), upload_id: uploadId, manifest_sha256: '0'.repeat(64) },
    ...more,
  };
}

export const ledgerDrafts = (count: number): EventDraft[] =>
  Array.from({ length: count }, () => ledgerDraft());
