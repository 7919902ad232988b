import { appendEvents } from '../ledger/appendEvents.ts';
import type { Actor, Clock, Db, Ids } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { commit, type SubjectKeyring } from './subjectKeys.ts';
import { changeAccountCreatedAt } from './subjectStore.ts';

export interface ToldAccount {
  /** Of the subject. */
  id: string;
  wrappedKeys: string;
  /** What the tenant calls the account. */
  accountId: string;
  /** Since when it exists: RFC 3339 in UTC. */
  told: string;
}

/**
 * Notes since when an account exists, as its tenant says now. Where it said something else before, the ledger records
 * the correction, by commitments: neither the account nor a date stands there. A second call does nothing.
 */
export async function tellAccountCreatedAt(
  deps: { db: Db; clock: Clock; ids: Ids; subjects: SubjectKeyring },
  actor: Actor,
  { id, wrappedKeys, accountId, told }: ToldAccount,
): Promise<void> {
  const { tenantId } = actor;
  const keys = await deps.subjects.open(wrappedKeys);
  const committed = (at: string) => commit(keys, 'account_created_at', new Date(at).toISOString());
  await inTenant(deps.db, tenantId, async (tx) => {
    const before = await changeAccountCreatedAt(tx, { tenantId, id, createdAt: told });
    if (before === null || before === undefined) return;
    await appendEvents(tx, tenantId, [
      {
        eventId: deps.ids.next(),
        type: 'account.corrected',
        timestamp: deps.clock.now(),
        actor: { type: actor.type, id: actor.id },
        correlationId: actor.correlationId,
        uploadId: null,
        body: {
          account_commitment: commit(keys, 'account', accountId),
          created_at_commitment: committed(told),
          previous_commitment: committed(before),
        },
      },
    ]);
  });
}
