import type { Artifact, ArtifactName } from '@origin-stack/contract/evidence';
import { signJws } from '../certificates/signCertificate.ts';
import type { EvidenceInput } from '../evidence/evidenceInput.ts';
import { evidenceJson } from '../evidence/evidenceJson.ts';
import { packFiles } from '../evidence/packFiles.ts';
import { packManifest, withManifest } from '../evidence/packManifest.ts';
import { zipPack } from '../evidence/zipPack.ts';
import { appendEvents } from '../ledger/appendEvents.ts';
import type { Clock, Db, Ids, KeyProvider, ObjectStore, Tx } from '../ports.ts';
import { sha256 } from '../sha256.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { publishEvents } from '../webhooks/publishEvents.ts';
import { gatherEvidence } from './gatherEvidence.ts';
import * as store from './packStore.ts';

export interface BuildDeps {
  db: Db;
  clock: Clock;
  ids: Ids;
  keys: KeyProvider;
  objects: ObjectStore;
  /** Renders the report, off the event loop. */
  renderReport(input: EvidenceInput): Promise<Uint8Array>;
}

export interface BuildInput {
  tenantId: string;
  packId: string;
  correlationId: string;
  /** Marks the work done, in the transaction that records its effect. */
  finish(tx: Tx): Promise<void>;
}

const CONTENT_TYPES: Record<ArtifactName, string> = {
  'pack.zip': 'application/zip',
  'report.pdf': 'application/pdf',
  'evidence.json': 'application/json',
};

/**
 * Builds a pack: afterwards its artifacts are stored, it is `ready`, the ledger tells of it, and webhooks will.
 * Idempotent: keys, place in the ledger and signature are fixed in the pack's row the first time, so that a second run
 * stores the same bytes at the same places, and only one run records the effect. After an update, whose report may have
 * other bytes, a pack that was begun is built and signed again. Throws `EvidenceMismatch` where the
 * stored rows contradict their proof.
 */
export async function buildPack(deps: BuildDeps, input: BuildInput): Promise<void> {
  const { tenantId, packId } = input;
  const evidence = await gatherEvidence(deps.db, input);
  if (!evidence) return inTenant(deps.db, tenantId, input.finish);
  const files = packFiles(evidence, await deps.renderReport(evidence));
  const manifest = packManifest({
    packId,
    uploadId: evidence.upload_id,
    certificateId: evidence.certificate.id,
    files,
  });
  const jws = await signJws(deps.keys, { typ: 'origin-manifest+jws', payload: manifest });
  const fixed = await inTenant(deps.db, tenantId, (tx) =>
    store.fixManifestJws(tx, { tenantId, id: packId, jws }),
  );
  const all = withManifest(files, manifest, fixed);
  const artifacts = await storeArtifacts(deps.objects, `${tenantId}/${packId}`, {
    'pack.zip': zipPack(all),
    'report.pdf': all.get('report.pdf') ?? new Uint8Array(),
    'evidence.json': evidenceJson(all),
  });
  await inTenant(deps.db, tenantId, async (tx) => {
    await input.finish(tx);
    await store.markReady(tx, { tenantId, id: packId, manifestJws: fixed, artifacts });
    await appendEvents(tx, tenantId, [
      {
        eventId: deps.ids.next(),
        type: 'evidence.ready',
        timestamp: deps.clock.now(),
        actor: { type: 'system', id: 'worker' },
        correlationId: input.correlationId,
        uploadId: evidence.upload_id,
        body: { pack_id: packId, upload_id: evidence.upload_id, manifest_sha256: sha256(manifest) },
      },
    ]);
    const data = { id: packId, upload_id: evidence.upload_id, status: 'ready', artifacts };
    await publishEvents(deps, { tx, tenantId }, [
      { type: 'evidence.ready', data, correlationId: input.correlationId },
    ]);
  });
}

/** Records that a pack could not be built; webhooks are told. */
export async function failPack(
  deps: Pick<BuildDeps, 'db' | 'clock' | 'ids'>,
  input: BuildInput & { error: string },
): Promise<void> {
  const { tenantId, packId, error, correlationId } = input;
  await inTenant(deps.db, tenantId, async (tx) => {
    await input.finish(tx);
    const pack = await store.readPack(tx, { tenantId, id: packId });
    if (!pack) return;
    await store.markFailed(tx, { tenantId, id: packId, error });
    const data = store.shownPack({ ...pack, status: 'failed', error });
    await publishEvents(deps, { tx, tenantId }, [{ type: 'evidence.failed', data, correlationId }]);
  });
}

async function storeArtifacts(
  objects: ObjectStore,
  prefix: string,
  contents: Record<ArtifactName, Uint8Array>,
): Promise<Artifact[]> {
  const artifacts: Artifact[] = [];
  for (const [name, bytes] of Object.entries(contents) as [ArtifactName, Uint8Array][]) {
    const key = `${prefix}/${name}`;
    await objects.put({ key, bytes, contentType: CONTENT_TYPES[name] });
    artifacts.push({ name, storage_key: key, sha256: sha256(bytes), size_bytes: bytes.length });
  }
  return artifacts;
}
