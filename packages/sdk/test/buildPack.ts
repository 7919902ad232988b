import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import canonicalize from 'canonicalize';
import type { SigningKey } from './signingKey.ts';
import { writeStoredZip } from './writeStoredZip.ts';

export const tenantId = '0190f5a0-0000-7000-8000-00000000000a';
const ids = {
  upload: '0190f5a0-0000-7000-8000-000000000001',
  certificate: '0190f5a0-0000-7000-8000-000000000002',
};

export const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
export const canonical = (value: unknown) => canonicalize(value) as string;

export const inputs = {
  v: 1,
  account_commitment: sha256('account'),
  device_commitment: null,
  content_sha256: sha256('content'),
  pvid: `sha256:${sha256('content')}`,
  media_type: 'text/plain',
  size_bytes: 7,
  features: { account_age_days: 1.5, upload_velocity_24h: 0 },
  policy: { id: '0190f5a0-0000-7000-8000-000000000003', version: 1 },
  models: { risk: 'risk-1', anomaly: 'anomaly-1' },
};

export const certificatePayload = {
  v: 1,
  certificate_id: ids.certificate,
  tenant_id: tenantId,
  upload_id: ids.upload,
  external_id: 'invoice-é-7',
  decision: 'allow',
  policy: inputs.policy,
  models: inputs.models,
  content_sha256: inputs.content_sha256,
  inputs_sha256: sha256(canonical(inputs)),
  issued_at: '2026-01-02T03:04:05.678901Z',
};

const vectors = JSON.parse(readFileSync(new URL('../vectors/decision.json', import.meta.url), 'utf8'));
/** One where several rules fired. */
const [, , decided] = vectors.cases;
const versionsIn = ({ risk, anomaly }: { risk: string; anomaly: string }) => ({
  risk: JSON.parse(risk).version as string,
  anomaly: JSON.parse(anomaly).version as string,
});

export const inputsV2 = { ...inputs, ...decided.inputs, models: versionsIn(vectors.models) };

/** What decided, as a pack of version 2 holds it. */
export const deciderFiles: Record<string, string> = {
  'models/anomaly.json': vectors.models.anomaly,
  'models/risk.json': vectors.models.risk,
  'policy.json': decided.policy,
};

const certifiedModel = (kind: 'risk' | 'anomaly') => ({
  version: inputsV2.models[kind],
  sha256: sha256(vectors.models[kind]),
});

/** A decision as version 2 certifies it. */
export const certificatePayloadV2 = {
  ...certificatePayload,
  v: 2,
  decision: decided.outcome.decision,
  policy: { ...inputs.policy, sha256: sha256(decided.policy) },
  models: { risk: certifiedModel('risk'), anomaly: certifiedModel('anomaly') },
  inputs_sha256: sha256(canonical(inputsV2)),
  outcome_sha256: decided.outcome_sha256,
};

/** An event's canonical text and hash, made by the canonicalize package and node:crypto. */
export function ledgerEvent(change: Record<string, unknown>) {
  const canonical_event_json = canonical({
    v: 1,
    tenant_id: tenantId,
    sequence: 1,
    event_id: '0190f5a0-0000-7000-8000-000000000004',
    event_type: 'decision.created',
    event_timestamp: '2026-01-02T03:04:05.678901Z',
    actor: { type: 'api_key', id: '0190f5a0-0000-7000-8000-000000000005' },
    correlation_id: null,
    body: {},
    prev_hash: sha256('before'),
    ...change,
  });
  return { canonical_event_json, event_hash: sha256(canonical_event_json) };
}

/** What a forger may do: other texts of files (hashes follow), extra or missing files, the manifest, its signer. */
export type PackChange = {
  /** Of the certificate; 1 unless told. */
  version?: 1 | 2;
  certificate?: Record<string, unknown>;
  eventBody?: Record<string, unknown>;
  decision?: Record<string, unknown>;
  inputsText?: string;
  files?: Record<string, string | null>;
  afterManifest?: Record<string, string | null>;
  manifest?: Record<string, unknown>;
  manifestPayload?: string;
  manifestKey?: SigningKey;
  listedKeys?: unknown[];
};

const replyV2 = {
  ...decided.outcome,
  received_at: certificatePayloadV2.issued_at,
  correlation_id: null,
};

/** Builds `pack.zip` as interfaces.md says, from parts that are not the SDK's. */
export async function buildPack(key: SigningKey, change: PackChange = {}): Promise<Buffer> {
  const isV2 = change.version === 2;
  const payload = isV2 ? certificatePayloadV2 : certificatePayload;
  const jws = await key.sign(canonical({ ...payload, ...change.certificate }), {
    typ: 'origin-certificate+jws',
  });
  const { v: _v, tenant_id: _t, issued_at: _i, ...body } = payload;
  const event = ledgerEvent({
    sequence: 7,
    body: { ...body, certificate_sha256: sha256(jws), ...change.eventBody },
  });
  const ready = ledgerEvent({ sequence: 9, event_type: 'evidence.ready' });
  const files: Record<string, string> = {
    'certificate.jws': jws,
    'decision.json': JSON.stringify({
      upload_id: ids.upload,
      external_id: certificatePayload.external_id,
      ...(isV2 ? replyV2 : { decision: 'allow' }),
      certificate_id: ids.certificate,
      ledger: { sequence: 7, event_hash: event.event_hash },
      ...change.decision,
    }),
    'inputs.json': change.inputsText ?? canonical(isV2 ? inputsV2 : inputs),
    'jwks.json': JSON.stringify({ keys: change.listedKeys ?? key.jwks.keys }),
    'ledger.json': JSON.stringify({ events: [event, ready] }),
    'report.pdf': '%PDF-1.7',
    ...(isV2 ? deciderFiles : {}),
  };
  apply(files, change.files);
  const manifest = canonical({
    v: 1,
    pack_id: '0190f5a0-0000-7000-8000-000000000006',
    upload_id: ids.upload,
    certificate_id: ids.certificate,
    files: Object.keys(files)
      .sort()
      .map((name) => ({ name, sha256: sha256(files[name]!), size_bytes: Buffer.byteLength(files[name]!) })),
    ...change.manifest,
  });
  files['manifest.json'] = manifest;
  files['manifest.jws'] = await (change.manifestKey ?? key).sign(change.manifestPayload ?? manifest, {
    typ: 'origin-manifest+jws',
  });
  apply(files, change.afterManifest);
  const names = Object.keys(files).sort();
  return writeStoredZip(names.map((name) => ({ name, bytes: Buffer.from(files[name]!) })));
}

function apply(files: Record<string, string>, change: Record<string, string | null> = {}): void {
  for (const [name, text] of Object.entries(change)) {
    if (text === null) delete files[name];
    else files[name] = text;
  }
}
