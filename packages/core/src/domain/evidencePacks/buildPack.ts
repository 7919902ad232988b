import type { Artifact, ArtifactName } from '@origin-stack/contract/evidence';
import { readCertificate } from '../certificates/certificateStore.ts';
import { certificateOf } from '../certificates/getCertificate.ts';
import { signJws } from '../certificates/signCertificate.ts';
import { readJwks } from '../certificates/signingKeyStore.ts';
import type { EvidenceInput } from '../evidence/evidenceInput.ts';
import { evidenceJson } from '../evidence/evidenceJson.ts';
import { packFiles } from '../evidence/packFiles.ts';
import { packManifest, withManifest } from '../evidence/packManifest.ts';
import { zipPack } from '../evidence/zipPack.ts';
import { readUpload, replyOf } from '../ingest/uploadStore.ts';
import { appendEvents } from '../ledger/appendEvents.ts';
import { readEventsOfUpload } from '../ledger/ledgerStore.ts';
import type { Clock, Db, Ids, KeyProvider, ObjectStore, Tx } from '../ports.ts';
import { sha256 } from '../sha256.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { publishEvents } from '../webhooks/publishEvents.ts';
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
 * stores the same bytes at the same places, and only one run records the effect.
 */
export async function buildPack(deps: BuildDeps, input: BuildInput): Promise<void> {
  const { tenantId, packId } = input;
  const evidence = await gather(deps, input);
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
    await store.markReady(tx, { tenantId, id: packId, artifacts });
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

/** What goes into the pack, as plain data; undefined where there is nothing to build (any more). */
async function gather(deps: BuildDeps, { tenantId, packId }: BuildInput): Promise<EvidenceInput | undefined> {
  const jwksJson = JSON.stringify(await readJwks(deps.db));
  return inTenant(deps.db, tenantId, async (tx) => {
    const pack = await store.readPack(tx, { tenantId, id: packId });
    if (pack?.status !== 'pending') return undefined;
    const fixed = await store.fixSources(tx, { tenantId, id: packId, jwksJson });
    const stored = await readUpload(tx, { tenantId, id: pack.upload_id });
    if (!stored) throw new Error('the upload of the pack vanished');
    const row = await readCertificate(tx, { tenantId, id: stored.upload.certificate_id });
    if (!row) throw new Error('the certificate of the upload vanished');
    const { payload } = certificateOf(row);
    const events = await readEventsOfUpload(tx, { tenantId, uploadId: pack.upload_id });
    return {
      pack_id: packId,
      upload_id: pack.upload_id,
      tenant_id: tenantId,
      certificate: { id: row.id, jws: row.jws, kid: row.kid, payload },
      jwks: JSON.parse(fixed.jwksJson),
      decision: replyOf(stored.upload),
      inputs: stored.upload.inputs,
      // All of the upload's events but those of packs: they would make each pack speak of others.
      ledgerEvents: events.filter(
        (event) => event.event_type !== 'evidence.ready' && event.sequence <= fixed.ledgerSequence,
      ),
    };
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
