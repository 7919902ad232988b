import type { Artifact, EvidencePack } from '@origin-stack/contract/evidence';
import type { Tx } from '../ports.ts';

export interface PackRow {
  id: string;
  upload_id: string;
  status: EvidencePack['status'];
  jwks_json: string | null;
  manifest_jws: string | null;
  artifacts: Artifact[];
  error: string | null;
  correlation_id: string;
}

export interface PackKey {
  tenantId: string;
  id: string;
}

/** Rejects where the upload is gone: {@link isUploadGone}. */
export async function insertPack(
  tx: Tx,
  pack: PackKey & { uploadId: string; correlationId: string; createdAt: string },
): Promise<void> {
  await tx('evidence_packs').insert({
    id: pack.id,
    tenant_id: pack.tenantId,
    upload_id: pack.uploadId,
    status: 'pending',
    correlation_id: pack.correlationId,
    created_at: pack.createdAt,
  });
}

/** Whether an error says that a pack's upload was deleted meanwhile (SQLSTATE 23503, foreign key). */
export const isUploadGone = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  error.code === '23503' &&
  'constraint' in error &&
  error.constraint === 'evidence_packs_upload_id_fkey';

export async function uploadExists(tx: Tx, key: { tenantId: string; uploadId: string }): Promise<boolean> {
  const row = await tx('uploads').where({ tenant_id: key.tenantId, id: key.uploadId }).first('id');
  return row !== undefined;
}

export async function readPack(tx: Tx, key: PackKey): Promise<PackRow | undefined> {
  return tx('evidence_packs')
    .where({ tenant_id: key.tenantId, id: key.id })
    .first('id', 'upload_id', 'status', 'jwks_json', 'manifest_jws', 'artifacts', 'error', 'correlation_id');
}

/**
 * Fixes the keys that the pack will list and the place in the ledger up to which it tells: who comes second gets the
 * first one's, and so the same bytes.
 */
export async function fixSources(
  tx: Tx,
  pack: PackKey & { jwksJson: string },
): Promise<{ jwksJson: string; ledgerSequence: number }> {
  const { rows } = await tx.raw(
    `update evidence_packs p set jwks_json = coalesce(p.jwks_json, :jwksJson),
       ledger_sequence = coalesce(p.ledger_sequence, h.sequence)
     from ledger_heads h
     where h.tenant_id = p.tenant_id and p.tenant_id = :tenantId and p.id = :id
     returning p.jwks_json as "jwksJson", p.ledger_sequence as "ledgerSequence"`,
    { ...pack },
  );
  if (!rows[0]) throw new Error('the pack vanished');
  return rows[0];
}

/**
 * Fixes the one signature of the manifest: PSS is random, and another one would give other bytes. One of another manifest,
 * which an older or newer version of the service made, is replaced.
 */
export async function fixManifestJws(tx: Tx, pack: PackKey & { jws: string }): Promise<string> {
  const { rows } = await tx.raw(
    `update evidence_packs set manifest_jws =
       case when split_part(manifest_jws, '.', 2) = split_part(:jws, '.', 2) then manifest_jws else :jws end
     where tenant_id = :tenantId and id = :id returning manifest_jws`,
    { ...pack },
  );
  return rows[0].manifest_jws;
}

/** Throws where another version has meanwhile fixed another manifest: the bytes that are stored may be either's. */
export async function markReady(
  tx: Tx,
  pack: PackKey & { manifestJws: string; artifacts: Artifact[] },
): Promise<void> {
  const marked = await tx('evidence_packs')
    .where({ tenant_id: pack.tenantId, id: pack.id, manifest_jws: pack.manifestJws })
    .update({ status: 'ready', artifacts: JSON.stringify(pack.artifacts), error: null });
  if (marked === 0) throw new Error('another version of the service has replaced the manifest of the pack');
}

export async function markFailed(tx: Tx, pack: PackKey & { error: string }): Promise<void> {
  await tx('evidence_packs')
    .where({ tenant_id: pack.tenantId, id: pack.id })
    .update({ status: 'failed', error: pack.error });
}

/** A pack as its GET shows it. */
export function shownPack(row: PackRow): EvidencePack {
  return {
    id: row.id,
    upload_id: row.upload_id,
    status: row.status,
    artifacts: row.artifacts,
    ...(row.error === null ? {} : { error: row.error }),
  };
}
