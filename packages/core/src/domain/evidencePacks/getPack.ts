import type { EvidenceDownload, EvidencePack } from '@origin-stack/contract/evidence';
import { DomainError } from '../domainError.ts';
import type { Actor, Clock, Db, ObjectStore } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { type PackRow, readPack, shownPack } from './packStore.ts';

async function find(db: Db, tenantId: string, id: string): Promise<PackRow> {
  const row = await inTenant(db, tenantId, (tx) => readPack(tx, { tenantId, id }));
  if (!row) throw new DomainError('not_found', 'No such evidence pack.');
  return row;
}

/** A pack and its status, or `not_found`. */
export async function getPack(deps: { db: Db }, actor: Actor, id: string): Promise<EvidencePack> {
  return shownPack(await find(deps.db, actor.tenantId, id));
}

/**
 * URLs that give the artifacts to whoever holds them until `expires_at`.
 * Throws `not_found`, and `pack_not_ready` where there is nothing to download.
 */
export async function downloadPack(
  deps: { db: Db; clock: Clock; objects: ObjectStore; signedUrlTtlSeconds: number },
  actor: Actor,
  id: string,
): Promise<EvidenceDownload> {
  const pack = await find(deps.db, actor.tenantId, id);
  if (pack.status !== 'ready') {
    const detail = pack.status === 'failed' ? 'The pack could not be built.' : 'The pack is being built.';
    throw new DomainError(
      'pack_not_ready',
      detail,
      pack.status === 'pending' ? { retryAfterSeconds: 1 } : {},
    );
  }
  const ttlSeconds = deps.signedUrlTtlSeconds;
  const expiresMs = deps.clock.epochMs() + ttlSeconds * 1000;
  const artifacts = await Promise.all(
    pack.artifacts.map(async ({ name, storage_key, sha256, size_bytes }) => ({
      name,
      url: await deps.objects.presign({ key: storage_key, fileName: name, ttlSeconds }),
      sha256,
      size_bytes,
    })),
  );
  return { artifacts, expires_at: new Date(expiresMs).toISOString().replace('Z', '000Z') };
}
