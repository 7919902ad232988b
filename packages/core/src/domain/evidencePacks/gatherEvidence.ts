import type { CertificatePayload, Jwks } from '@origin-stack/contract/certificates';
import { DecisionInputs } from '@origin-stack/contract/ingest';
import { JwsError } from '@origin-stack/sdk/jwsError';
import { parseLedgerEvent } from '@origin-stack/sdk/ledgerEvent';
import { verifyCertificate } from '@origin-stack/sdk/verifyCertificate';
import type { CertificateRow } from '../certificates/certificateStore.ts';
import { readJwks } from '../certificates/signingKeyStore.ts';
import { type DecisionEvent, decisionFault } from '../decisions/decisionFault.ts';
import {
  type DecisionRow,
  type PolicyRow,
  readCertificates,
  readDecisions,
  readPolicyRows,
} from '../decisions/decisionStore.ts';
import type { EvidenceInput } from '../evidence/evidenceInput.ts';
import { type LedgerRow, readEventsOfUpload } from '../ledger/ledgerStore.ts';
import { readModelArtifact } from '../models/modelArtifactStore.ts';
import type { Db } from '../ports.ts';
import { sha256 } from '../sha256.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { EvidenceMismatch } from './evidenceMismatch.ts';
import { fixSources, readPack } from './packStore.ts';

interface PackId {
  tenantId: string;
  packId: string;
}

/**
 * What goes into a pack, as plain data; undefined where there is nothing to build (any more). Everything agrees: rows with
 * the certificate, the certificate with the event and with a published key, policy and models with the hashes that were
 * certified. Throws {@link EvidenceMismatch} where it does not.
 */
export async function gatherEvidence(
  db: Db,
  { tenantId, packId }: PackId,
): Promise<EvidenceInput | undefined> {
  const found = await readRows(db, { tenantId, packId });
  if (!found) return undefined;
  const { uploadId, upload, certificate, policy, events } = found;
  const mismatch = (part: string) => new EvidenceMismatch(uploadId, part);
  if (events.some((one) => sha256(one.canonical_event_json) !== one.event_hash))
    throw mismatch('ledger event');
  const created = events.find((event) => event.event_type === 'decision.created');
  const event = created && eventOf(created, { tenantId, uploadId });
  if (!created || !event) throw mismatch('ledger event');
  const fault = decisionFault(event, { upload, certificate, policy });
  if (fault || !certificate || !policy) throw mismatch(fault ?? 'certificate');
  const payload = await payloadOf(certificate, found.jwks);
  if (!payload) throw mismatch('certificate');
  return {
    pack_id: packId,
    upload_id: uploadId,
    tenant_id: tenantId,
    certificate: { id: certificate.id, jws: certificate.jws, kid: certificate.kid, payload },
    jwks: found.jwks,
    decision: replyOf(upload, created),
    inputs: DecisionInputs.parse(JSON.parse(upload.decision_inputs_json)),
    // All of the upload's events but those of packs: they would make each pack speak of others.
    ledgerEvents: events.filter(
      (one) => one.event_type !== 'evidence.ready' && one.sequence <= found.ledgerSequence,
    ),
    ...(payload.v === 1
      ? {}
      : {
          decidedBy: {
            policy: policy.document_json,
            risk: await artifactOf(db, payload.models.risk.sha256, () => mismatch('risk model')),
            anomaly: await artifactOf(db, payload.models.anomaly.sha256, () => mismatch('anomaly model')),
          },
        }),
  };
}

interface FoundRows {
  uploadId: string;
  upload: DecisionRow;
  certificate: CertificateRow | undefined;
  policy: PolicyRow | undefined;
  events: LedgerRow[];
  jwks: Jwks;
  ledgerSequence: number;
}

async function readRows(db: Db, { tenantId, packId }: PackId): Promise<FoundRows | undefined> {
  const jwksJson = JSON.stringify(await readJwks(db));
  return inTenant(db, tenantId, async (tx) => {
    const pack = await readPack(tx, { tenantId, id: packId });
    if (pack?.status !== 'pending') return undefined;
    const fixed = await fixSources(tx, { tenantId, id: packId, jwksJson });
    const uploadId = pack.upload_id;
    const upload = (await readDecisions(tx, { tenantId, ids: [uploadId] })).get(uploadId);
    if (!upload) throw new Error('the upload of the pack vanished');
    const certificates = await readCertificates(tx, { tenantId, ids: [upload.certificate_id] });
    const policies = await readPolicyRows(tx, { tenantId, ids: [upload.policy_id] });
    return {
      uploadId,
      upload,
      certificate: certificates.get(upload.certificate_id),
      policy: policies.get(upload.policy_id),
      events: await readEventsOfUpload(tx, { tenantId, uploadId }),
      jwks: JSON.parse(fixed.jwksJson),
      ledgerSequence: fixed.ledgerSequence,
    };
  });
}

/** What the event's text says, where it is the upload's. */
function eventOf(
  row: LedgerRow,
  { tenantId, uploadId }: { tenantId: string; uploadId: string },
): DecisionEvent | undefined {
  const content = parseLedgerEvent(row.canonical_event_json);
  const isOfUpload =
    content?.tenant_id === tenantId &&
    content.sequence === row.sequence &&
    content.event_type === row.event_type &&
    content.body.upload_id === uploadId;
  return isOfUpload ? { ...content, correlation_id: content.correlation_id ?? '' } : undefined;
}

/** What the certificate says, where it was signed by a published key. */
async function payloadOf({ jws }: CertificateRow, jwks: Jwks): Promise<CertificatePayload | undefined> {
  try {
    return (await verifyCertificate({ jws, jwks })).payload;
  } catch (error) {
    if (error instanceof JwsError) return undefined;
    throw error;
  }
}

async function artifactOf(db: Db, hash: string, mismatch: () => EvidenceMismatch): Promise<string> {
  const artifact = await readModelArtifact(db, hash);
  if (artifact === undefined || sha256(artifact) !== hash) throw mismatch();
  return artifact;
}

function replyOf(upload: DecisionRow, { sequence, event_hash }: LedgerRow): EvidenceInput['decision'] {
  const { id, external_id, decision, reasons, risk_score, anomaly_score } = upload;
  return {
    upload_id: id,
    external_id,
    decision,
    reasons,
    risk_score,
    anomaly_score,
    certificate_id: upload.certificate_id,
    ledger: { sequence, event_hash },
    correlation_id: upload.correlation_id,
    received_at: upload.received_at,
  };
}
