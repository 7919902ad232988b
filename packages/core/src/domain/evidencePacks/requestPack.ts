import type { EvidencePackAccepted, EvidencePackCreate } from '@origin-stack/contract/evidence';
import { DomainError } from '../domainError.ts';
import { insertWork } from '../outbox/outboxStore.ts';
import type { Actor, Clock, Db, Ids } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { insertPack, uploadExists } from './packStore.ts';

/**
 * Asks for an evidence pack: the worker builds it. Pack and work are committed together.
 * A second call asks for a second pack. Throws `not_found` for an upload of nobody or of another tenant.
 */
export function requestPack(
  deps: { db: Db; clock: Clock; ids: Ids },
  actor: Actor,
  input: EvidencePackCreate,
): Promise<EvidencePackAccepted> {
  const { tenantId, correlationId } = actor;
  return inTenant(deps.db, tenantId, async (tx) => {
    if (!(await uploadExists(tx, { tenantId, uploadId: input.upload_id }))) {
      throw new DomainError('not_found', 'No such upload.');
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
}
