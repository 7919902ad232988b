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

/** Notes since when an account exists. Gives what was noted before, undefined where that is the same. */
export async function changeAccountCreatedAt(
  tx: Tx,
  account: { tenantId: string; id: string; createdAt: string },
): Promise<string | null | undefined> {
  const subject = () => tx('subjects').where({ tenant_id: account.tenantId, id: account.id });
  const row = await subject().forUpdate().first('account_created_at');
  if (!row) return undefined;
  const before: string | null = row.account_created_at;
  if (before !== null && Date.parse(before) === Date.parse(account.createdAt)) return undefined;
  await subject().update({ account_created_at: account.createdAt });
  return before;
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
