import type { EvidencePackAccepted, EvidencePackCreate } from '@origin-stack/contract/evidence';
import { DomainError } from '../domainError.ts';
import { insertWork } from '../outbox/outboxStore.ts';
import type { Actor, Clock, Db, Ids } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { insertPack, isUploadGone, uploadExists } from './packStore.ts';

const NO_UPLOAD = 'No such upload.';

/**
 * Asks for an evidence pack: the worker builds it. Pack and work are committed together.
 * A second call asks for a second pack. Throws `not_found` for an upload of nobody or of another tenant.
 */
export async function requestPack(
  deps: { db: Db; clock: Clock; ids: Ids },
  actor: Actor,
  input: EvidencePackCreate,
): Promise<EvidencePackAccepted> {
  const { tenantId, correlationId } = actor;
  const request = inTenant(deps.db, tenantId, async (tx) => {
    if (!(await uploadExists(tx, { tenantId, uploadId: input.upload_id }))) {
      throw new DomainError('not_found', NO_UPLOAD);
    }
    const id = deps.ids.next();
    const now = deps.clock.now();
    await insertPack(tx, { tenantId, id, uploadId: input.upload_id, correlationId, createdAt: now });
    await insertWork(tx, [
      {
        id: deps.ids.next(),
        tenantId,
        name: 'evidence.build',
        payload: { pack_id: id },
        correlationId,
        availableAt: now,
      },
    ]);
    return { id, status: 'pending' as const };
  });
  try {
    return await request;
  } catch (error) {
    // Retention may delete the upload between the look and the insert.
    if (isUploadGone(error)) throw new DomainError('not_found', NO_UPLOAD, { cause: error });
    throw error;
  }
}
