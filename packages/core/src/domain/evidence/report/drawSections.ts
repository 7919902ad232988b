import type { FeatureName } from '@origin-stack/contract/policies';
import { FEATURE_NAMES } from '@origin-stack/contract/policies';
import { sha256 } from '../../sha256.ts';
import type { EvidenceInput, StoredLedgerEvent } from '../evidenceInput.ts';
import { drawFacts, drawHeading, drawParagraph, drawTable, type Fact } from './blocks.ts';
import { readableTime } from './readableTime.ts';
import type { Sheet } from './sheet.ts';
import { style } from './theme.ts';

const featureMeaning: Record<FeatureName, string> = {
  account_age_days: 'Days since the account was created',
  upload_velocity_24h: 'Earlier uploads of the account in the last 24 hours',
  device_velocity_24h: 'Earlier uploads from the device in the last 24 hours',
  account_prior_quarantine_count: 'Earlier uploads of the account that were quarantined',
  account_prior_reject_count: 'Earlier uploads of the account that were rejected',
  pvid_prior_quarantine_count: 'Earlier uploads of the same content that were quarantined',
  pvid_prior_reject_count: 'Earlier uploads of the same content that were rejected',
};

/** Every rule and threshold that fired. */
export function drawReasons(sheet: Sheet, { decision }: EvidenceInput): void {
  drawHeading(sheet, 'Reasons');
  const columns = [
    { title: 'RULE', width: 128, style: style.strong },
    { title: 'INPUT', width: 150, style: style.body },
    { title: 'DETAIL', width: 213, style: style.body },
  ];
  drawTable(
    sheet,
    columns,
    decision.reasons.map(({ rule, input, detail }) => [rule, input, detail]),
  );
}

/** Which upload this is about: references, hashes and commitments, no person. */
export function drawSubject(sheet: Sheet, { decision, inputs, tenant_id, upload_id }: EvidenceInput): void {
  drawHeading(sheet, 'Upload');
  drawFacts(sheet, [
    { label: 'Tenant', value: tenant_id, mono: true },
    { label: 'Upload', value: upload_id, mono: true },
    { label: 'External id', value: decision.external_id },
    { label: 'Received', value: readableTime(decision.received_at) },
    { label: 'Media type', value: inputs.media_type },
    {
      label: 'Size',
      value: inputs.size_bytes === null ? 'not given' : `${grouped(inputs.size_bytes)} bytes`,
    },
    { label: 'Content SHA-256', value: inputs.content_sha256, mono: true },
    { label: 'PVID', value: inputs.pvid, mono: true },
    { label: 'Account commitment', value: inputs.account_commitment, mono: true },
    {
      label: 'Device commitment',
      value: inputs.device_commitment ?? 'no device',
      mono: inputs.device_commitment !== null,
    },
    { label: 'Correlation id', value: decision.correlation_id, mono: true },
  ]);
}

/** The numbers that the models and rules saw. */
export function drawFeatures(sheet: Sheet, { inputs }: EvidenceInput): void {
  drawHeading(sheet, 'Inputs to the decision');
  const columns = [
    { title: 'FEATURE', width: 172, style: style.mono },
    { title: 'MEANING', width: 249, style: style.body },
    { title: 'VALUE', width: 70, style: style.strong, align: 'right' as const },
  ];
  const rows = FEATURE_NAMES.map((name) => [name, featureMeaning[name], String(inputs.features[name])]);
  drawTable(sheet, columns, rows);
}

/** Version 1 certifies no hash of them. */
export function drawPolicy(
  sheet: Sheet,
  { inputs: { policy, models }, certificate: { payload } }: EvidenceInput,
): void {
  drawHeading(sheet, 'Policy and models');
  const hash = (label: string, value: string): Fact => ({ label, value, mono: true });
  drawFacts(sheet, [
    { label: 'Policy', value: policy.id, mono: true },
    { label: 'Policy version', value: String(policy.version) },
    ...(payload.v === 1 ? [] : [hash('Policy SHA-256', payload.policy.sha256)]),
    { label: 'Risk model', value: models.risk },
    ...(payload.v === 1 ? [] : [hash('Risk model SHA-256', payload.models.risk.sha256)]),
    { label: 'Anomaly model', value: models.anomaly },
    ...(payload.v === 1 ? [] : [hash('Anomaly model SHA-256', payload.models.anomaly.sha256)]),
  ]);
}

export function drawCertificate(sheet: Sheet, { certificate, jwks }: EvidenceInput): void {
  drawHeading(sheet, 'Certificate');
  const key = jwks.keys.find(({ kid }) => kid === certificate.kid);
  const bits = key ? ` with RSA-${Buffer.from(key.n, 'base64url').length * 8}` : '';
  drawFacts(sheet, [
    { label: 'Certificate', value: certificate.id, mono: true },
    { label: 'Issued', value: readableTime(certificate.payload.issued_at) },
    { label: 'Algorithm', value: `PS256${bits}` },
    { label: 'Key id (thumbprint)', value: certificate.kid, mono: true },
    { label: 'Inputs SHA-256', value: certificate.payload.inputs_sha256, mono: true },
    ...outcomeFacts(certificate.payload),
    { label: 'JWS SHA-256', value: sha256(certificate.jws), mono: true },
  ]);
}

const outcomeFacts = (payload: EvidenceInput['certificate']['payload']): Fact[] =>
  payload.v === 1 ? [] : [{ label: 'Outcome SHA-256', value: payload.outcome_sha256, mono: true }];

/** The upload's events, each with its place in the tenant's chain. */
export function drawLedger(sheet: Sheet, { ledgerEvents }: EvidenceInput): void {
  drawHeading(sheet, 'Ledger');
  if (ledgerEvents.length === 0)
    drawParagraph(sheet, 'No event of this upload was stored when the pack was made.');
  for (const [i, event] of ledgerEvents.entries()) {
    if (i > 0) sheet.y += 8;
    drawFacts(sheet, ledgerFacts(event));
  }
}

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
