import type { Clock, Db, Ids } from '../ports.ts';
import { encryptField, type SubjectKeyring } from '../subjects/subjectKeys.ts';
import { insertSubject, type NewSubject, type SubjectKind } from '../subjects/subjectStore.ts';
import { inTenant } from '../tenants/inTenant.ts';

export interface SubjectInput {
  kind: SubjectKind;
  value: string;
  blindIndex: Buffer;
  accountCreatedAt: string | null;
}

export interface EnsureDeps {
  db: Db;
  clock: Clock;
  ids: Ids;
  subjects: SubjectKeyring;
  blindKeyId: string;
}

/**
 * Makes the subjects that a tenant sends for the first time, each with keys of its own under which its identifier
 * is encrypted. Of two calls at once one row wins. The keys are wrapped before the transaction, not in it.
 */
export async function ensureSubjects(
  deps: EnsureDeps,
  tenantId: string,
  inputs: SubjectInput[],
): Promise<void> {
  const fresh = await Promise.all(
    inputs.map(async (input): Promise<NewSubject> => {
      const id = deps.ids.next();
      const { keys, wrapped } = await deps.subjects.create();
      return {
        id,
        tenantId,
        kind: input.kind,
        blindIndex: input.blindIndex,
        blindKeyId: deps.blindKeyId,
        identifier: encryptField(keys, identifierContext(tenantId, id), input.value),
        wrappedKeys: wrapped,
        accountCreatedAt: input.accountCreatedAt,
        createdAt: deps.clock.now(),
      };
    }),
  );
  await inTenant(deps.db, tenantId, async (tx) => {
    for (const subject of fresh) await insertSubject(tx, subject);
  });
}

/** What ties an encrypted identifier to its row. */
export const identifierContext = (tenantId: string, subjectId: string) =>
  `${tenantId}:${subjectId}:identifier`;
