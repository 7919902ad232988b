import type { FeatureName } from '@origin-stack/contract/policies';
import { FEATURE_NAMES } from '@origin-stack/contract/policies';
import { sha256 } from '../../sha256.ts';
import type { EvidenceInput, StoredLedgerEvent } from '../evidenceInput.ts';
import { readableTime } from './readableTime.ts';
import { verificationSteps } from './verificationSteps.ts';

/** What a row says; `mono` sets hashes and ids in a fixed width. */
export type Fact = { label: string; value: string; mono?: boolean };

/** A step of a procedure, and what to type for it. */
export type Step = { text: string; commands?: string[] };

/** Everything that report.typ lays out: data only, in the order of the page. */
export type ReportContent = ReturnType<typeof reportContent>;

const featureMeaning: Record<FeatureName, string> = {
  account_age_days: 'Days since the account was created',
  upload_velocity_24h: 'Earlier uploads of the account in the last 24 hours',
  device_velocity_24h: 'Earlier uploads from the device in the last 24 hours',
  account_prior_quarantine_count: 'Earlier uploads of the account that were quarantined',
  account_prior_reject_count: 'Earlier uploads of the account that were rejected',
  pvid_prior_quarantine_count: 'Earlier uploads of the same content that were quarantined',
  pvid_prior_reject_count: 'Earlier uploads of the same content that were rejected',
};

/** What the report tells of an upload: references, hashes and commitments, no person. */
export function reportContent(input: EvidenceInput) {
  const { decision, inputs, certificate, ledgerEvents, upload_id, pack_id } = input;
  return {
    upload_id,
    pack_id,
    issued: readableTime(certificate.payload.issued_at),
    decision: decision.decision,
    scores: [
      { title: 'RISK SCORE', score: decision.risk_score },
      { title: 'ANOMALY SCORE', score: decision.anomaly_score },
    ],
    reasons: decision.reasons.map(({ rule, input, detail }) => ({ rule, input, detail })),
    features: FEATURE_NAMES.map((name) => ({
      name,
      meaning: featureMeaning[name],
      value: String(inputs.features[name]),
    })),
    policy: policyFacts(input),
    upload: uploadFacts(input),
    certificate: certificateFacts(input),
    ledger: ledgerEvents.map(ledgerFacts),
    verification: verificationSteps(input),
  };
}

function uploadFacts({ decision, inputs, tenant_id, upload_id }: EvidenceInput): Fact[] {
  const { size_bytes, device_commitment } = inputs;
  return [
    { label: 'Tenant', value: tenant_id, mono: true },
    { label: 'Upload', value: upload_id, mono: true },
    { label: 'External id', value: decision.external_id },
    { label: 'Received', value: readableTime(decision.received_at) },
    { label: 'Media type', value: inputs.media_type },
    { label: 'Size', value: size_bytes === null ? 'not given' : `${grouped(size_bytes)} bytes` },
    { label: 'Content SHA-256', value: inputs.content_sha256, mono: true },
    { label: 'PVID', value: inputs.pvid, mono: true },
    { label: 'Account commitment', value: inputs.account_commitment, mono: true },
    device_commitment === null
      ? { label: 'Device commitment', value: 'no device' }
      : { label: 'Device commitment', value: device_commitment, mono: true },
    { label: 'Correlation id', value: decision.correlation_id, mono: true },
  ];
}

/** Version 1 certifies no hash of them. */
function policyFacts({ inputs: { policy, models }, certificate: { payload } }: EvidenceInput): Fact[] {
  const hash = (label: string, value: string): Fact => ({ label, value, mono: true });
  return [
    { label: 'Policy', value: policy.id, mono: true },
    { label: 'Policy version', value: String(policy.version) },
    ...(payload.v === 1 ? [] : [hash('Policy SHA-256', payload.policy.sha256)]),
    { label: 'Risk model', value: models.risk },
    ...(payload.v === 1 ? [] : [hash('Risk model SHA-256', payload.models.risk.sha256)]),
    { label: 'Anomaly model', value: models.anomaly },
    ...(payload.v === 1 ? [] : [hash('Anomaly model SHA-256', payload.models.anomaly.sha256)]),
  ];
}

function certificateFacts({ certificate, jwks }: EvidenceInput): Fact[] {
  const { id, kid, jws, payload } = certificate;
  const key = jwks.keys.find((one) => one.kid === kid);
  const bits = key ? ` with RSA-${Buffer.from(key.n, 'base64url').length * 8}` : '';
  return [
    { label: 'Certificate', value: id, mono: true },
    { label: 'Issued', value: readableTime(payload.issued_at) },
    { label: 'Algorithm', value: `PS256${bits}` },
    { label: 'Key id (thumbprint)', value: kid, mono: true },
    { label: 'Inputs SHA-256', value: payload.inputs_sha256, mono: true },
    ...(payload.v === 1 ? [] : [{ label: 'Outcome SHA-256', value: payload.outcome_sha256, mono: true }]),
    { label: 'JWS SHA-256', value: sha256(jws), mono: true },
  ];
}

/** The upload's event with its place in the tenant's chain. */
function ledgerFacts({ canonical_event_json, event_hash }: StoredLedgerEvent): Fact[] {
  const event: unknown = JSON.parse(canonical_event_json);
  const member = (name: string) => {
    const value = typeof event === 'object' && event !== null ? Reflect.get(event, name) : undefined;
    return value === undefined ? 'missing' : String(value);
  };
  return [
    { label: 'Sequence', value: member('sequence') },
    { label: 'Event', value: member('event_type') },
    { label: 'Time', value: readableTime(member('event_timestamp')) },
    { label: 'Event hash', value: event_hash, mono: true },
    { label: 'Previous hash', value: member('prev_hash'), mono: true },
  ];
}

/** 48213 as 48,213, whatever the machine's language. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
