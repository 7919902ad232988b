import { CertificatePayload } from '@origin-stack/contract/certificates';
import { canonicalJson } from '@origin-stack/sdk/canonicalJson';
import { outcomeText } from '@origin-stack/sdk/decision/outcomeText';
import type { JsonObject, JsonValue } from '@origin-stack/sdk/jsonValue';
import type { CertificateRow } from '../certificates/certificateStore.ts';
import { sha256 } from '../sha256.ts';
import type { DecisionRow, PolicyRow } from './decisionStore.ts';

/** A `decision.created` event as its canonical text says it. */
export interface DecisionEvent {
  tenant_id: string;
  sequence: number;
  correlation_id: string;
  body: JsonObject;
}

/** What the tables hold of the same decision. `upload` is null where it is gone and may be. */
export interface StoredDecision {
  upload: DecisionRow | null;
  certificate: CertificateRow | undefined;
  policy: PolicyRow | undefined;
}

/** What of a stored decision can contradict its proof. */
export type DecisionFault = 'certificate' | 'row' | 'decision' | 'inputs' | 'reasons or scores' | 'policy';

/**
 * Which part of a stored decision is not what the ledger's event proves, or undefined. Compares the certificate with the event,
 * then upload, signals and policy with the certificate. Version 1 covers no reasons, no scores and no policy text.
 */
export function decisionFault(event: DecisionEvent, stored: StoredDecision): DecisionFault | undefined {
  const { upload, certificate, policy } = stored;
  const proven = certificate && provenBy(certificate, event);
  if (!proven) return 'certificate';
  if (upload === null) return undefined;
  if (upload.decision !== proven.decision) return 'decision';
  if (!isUploadOf(upload, event, proven)) return 'row';
  if (!areInputsOf(upload, proven)) return 'inputs';
  if (proven.v === 2 && textHash(() => outcomeText(upload)) !== proven.outcome_sha256) {
    return 'reasons or scores';
  }
  return isPolicyOf(policy, proven) ? undefined : 'policy';
}

/** The certificate's payload, where it is the very one that the event names and both say the same. */
function provenBy(row: CertificateRow, event: DecisionEvent): CertificatePayload | undefined {
  const { certificate_sha256, ...body } = event.body;
  if (sha256(row.jws) !== certificate_sha256) return undefined;
  const [header = '', text = ''] = row.jws.split('.');
  const { data: payload } = CertificatePayload.safeParse(parsed(text));
  if (!payload) return undefined;
  const { v: _, tenant_id, issued_at: __, ...proven } = payload;
  const agrees =
    tenant_id === event.tenant_id &&
    row.id === proven.certificate_id &&
    row.upload_id === proven.upload_id &&
    row.kid === Object(parsed(header)).kid &&
    textHash(() => canonicalJson(body)) === sha256(canonicalJson(proven));
  return agrees ? payload : undefined;
}

function isUploadOf(upload: DecisionRow, event: DecisionEvent, proven: CertificatePayload): boolean {
  return (
    upload.id === proven.upload_id &&
    upload.external_id === proven.external_id &&
    upload.certificate_id === proven.certificate_id &&
    upload.content_sha256 === proven.content_sha256 &&
    upload.policy_id === proven.policy.id &&
    upload.ledger_sequence === event.sequence &&
    upload.correlation_id === event.correlation_id &&
    upload.received_at === proven.issued_at
  );
}

function areInputsOf(upload: DecisionRow, proven: CertificatePayload): boolean {
  if (sha256(upload.decision_inputs_json) !== proven.inputs_sha256) return false;
  const { content_sha256, pvid, media_type, size_bytes } = upload;
  const inputs = Object(JSON.parse(upload.decision_inputs_json));
  return Object.entries({ content_sha256, pvid, media_type, size_bytes }).every(
    ([name, value]) => inputs[name] === value,
  );
}

function isPolicyOf(policy: PolicyRow | undefined, proven: CertificatePayload): boolean {
  if (policy?.id !== proven.policy.id || policy.version !== proven.policy.version) return false;
  return proven.v === 1 || sha256(policy.document_json) === proven.policy.sha256;
}

/** Null for what has no canonical text, such as NaN in a column: it is nobody's hash. */
function textHash(write: () => string): string | null {
  try {
    return sha256(write());
  } catch {
    return null;
  }
}

function parsed(part: string): JsonValue {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    return null;
  }
}
