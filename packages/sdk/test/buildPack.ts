import { createHash } from 'node:crypto';
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

/** The same decision as version 2 certifies it. */
export const certificatePayloadV2 = {
  ...certificatePayload,
  v: 2,
  policy: { ...inputs.policy, sha256: sha256('policy') },
  models: {
    risk: { version: inputs.models.risk, sha256: sha256('risk') },
    anomaly: { version: inputs.models.anomaly, sha256: sha256('anomaly') },
  },
  outcome_sha256: sha256('outcome'),
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

/** Builds `pack.zip` as interfaces.md says, from parts that are not the SDK's. */
export async function buildPack(key: SigningKey, change: PackChange = {}): Promise<Buffer> {
  const jws = await key.sign(canonical({ ...certificatePayload, ...change.certificate }), {
    typ: 'origin-certificate+jws',
  });
  const { v: _v, tenant_id: _t, issued_at: _i, ...body } = certificatePayload;
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
      decision: 'allow',
      certificate_id: ids.certificate,
      ledger: { sequence: 7, event_hash: event.event_hash },
      ...change.decision,
    }),
    'inputs.json': change.inputsText ?? canonical(inputs),
    'jwks.json': JSON.stringify({ keys: change.listedKeys ?? key.jwks.keys }),
    'ledger.json': JSON.stringify({ events: [event, ready] }),
    'report.pdf': '%PDF-1.7',
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
