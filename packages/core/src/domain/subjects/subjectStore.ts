import type { Tx } from '../ports.ts';

export type SubjectKind = 'account' | 'device';

export interface SubjectRow {
  id: string;
  wrapped_keys: string;
}

export interface NewSubject {
  id: string;
  tenantId: string;
  kind: SubjectKind;
  blindIndex: Buffer;
  blindKeyId: string;
  identifier: Buffer;
  wrappedKeys: string;
  accountCreatedAt: string | null;
  createdAt: string;
}

/** Notes since when an account exists, once: what was told first stays. */
export async function tellAccountCreatedAt(
  tx: Tx,
  account: { tenantId: string; id: string; createdAt: string },
): Promise<void> {
  await tx('subjects')
    .where({ tenant_id: account.tenantId, id: account.id })
    .whereNull('account_created_at')
    .update({ account_created_at: account.createdAt });
}

/** Adds a subject unless its blind index is there; who comes second reads the first one's row. */
export async function insertSubject(tx: Tx, subject: NewSubject): Promise<void> {
  await tx('subjects')
    .insert({
      id: subject.id,
      tenant_id: subject.tenantId,
      kind: subject.kind,
      blind_index: subject.blindIndex,
      blind_key_id: subject.blindKeyId,
      identifier: subject.identifier,
      wrapped_keys: subject.wrappedKeys,
      account_created_at: subject.accountCreatedAt,
      created_at: subject.createdAt,
    })
    .onConflict(['tenant_id', 'kind', 'blind_index'])
    .ignore();
}
