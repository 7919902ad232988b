import { createHash } from 'node:crypto';
import type { IngestReply } from '@origin-stack/contract/ingest';
import { canonicalJson } from '@origin-stack/sdk';
import { CompactSign, calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import type { EvidenceInput } from '../evidenceInput.ts';

const tenantId = '0199d3a0-0000-7000-8000-000000000001';
const uploadId = '0199d3a0-0000-7000-8000-000000000002';
const certificateId = '0199d3a0-0000-7000-8000-000000000003';
const packId = '0199d3a0-0000-7000-8000-000000000004';
const policy = { id: '0199d3a0-0000-7000-8000-000000000005', version: 3 };
const correlationId = 'demo-7f3a';
const models = { risk: 'risk-2026.11.1', anomaly: 'anomaly-2026.11.1' };
const hash = (text: string) => createHash('sha256').update(text).digest('hex');

const { privateKey, publicKey } = await generateKeyPair('PS256', { modulusLength: 2048 });
const { n = '', e = '' } = await exportJWK(publicKey);
const kid = await calculateJwkThumbprint({ kty: 'RSA', n, e });

/** Signs as the service does, by a library that the service does not sign with. */
export function signExample(text: string, typ: string): Promise<string> {
  const signing = new CompactSign(new TextEncoder().encode(text));
  return signing.setProtectedHeader({ alg: 'PS256', kid, typ }).sign(privateKey);
}

/** The evidence of one made-up upload: certificate, inputs and ledger event agree with each other as the service's do. */
export async function exampleEvidence(changes: Partial<IngestReply> = {}): Promise<EvidenceInput> {
  const { decision = 'quarantine', external_id = 'invoice-2026-0042' } = changes;
  const inputs = {
    v: 1 as const,
    account_commitment: hash('account'),
    device_commitment: hash('device'),
    content_sha256: hash('content'),
    pvid: `sha256:${hash('content')}`,
    media_type: 'application/pdf',
    size_bytes: 48_213,
    features: {
      account_age_days: 2.25,
      upload_velocity_24h: 31,
      device_velocity_24h: 164,
      account_prior_quarantine_count: 1,
      account_prior_reject_count: 0,
      pvid_prior_quarantine_count: 1,
      pvid_prior_reject_count: 0,
    },
    policy,
    models,
  };
  const issuedAt = '2026-11-22T13:45:01.123456Z';
  const payload = {
    v: 1 as const,
    certificate_id: certificateId,
    tenant_id: tenantId,
    upload_id: uploadId,
    external_id,
    decision,
    policy,
    models,
    content_sha256: inputs.content_sha256,
    inputs_sha256: hash(canonicalJson(inputs)),
    issued_at: issuedAt,
  };
  const jws = await signExample(canonicalJson(payload), 'origin-certificate+jws');
  const event = canonicalJson({
    v: 1,
    tenant_id: tenantId,
    sequence: 1,
    event_id: '0199d3a0-0000-7000-8000-000000000006',
    event_type: 'decision.created',
    event_timestamp: '2026-11-22T13:45:01.130002Z',
    actor: { type: 'api_key', id: '0199d3a0-0000-7000-8000-000000000007' },
    correlation_id: correlationId,
    body: {
      upload_id: uploadId,
      external_id,
      decision,
      policy,
      models,
      content_sha256: inputs.content_sha256,
      inputs_sha256: payload.inputs_sha256,
      certificate_id: certificateId,
      certificate_sha256: hash(jws),
    },
    prev_hash: hash(`origin-ledger:v1:${tenantId}`),
  });
  return {
    pack_id: packId,
    upload_id: uploadId,
    tenant_id: tenantId,
    certificate: { id: certificateId, jws, kid, payload },
    jwks: { keys: [{ kty: 'RSA', n, e, alg: 'PS256', use: 'sig', kid }] },
    decision: {
      upload_id: uploadId,
      external_id,
      decision,
      reasons: [
        {
          rule: 'risk.quarantine',
          input: 'risk_score',
          detail: 'risk_score is 0.8312, at least 0.8: quarantine',
        },
        {
          rule: 'quarantined-content',
          input: 'pvid_prior_quarantine_count',
          detail: 'the same content was quarantined before',
        },
        { rule: 'risk.review', input: 'risk_score', detail: 'risk_score is 0.8312, at least 0.5: review' },
      ],
      risk_score: 0.8312,
      anomaly_score: 0.974103,
      certificate_id: certificateId,
      ledger: { sequence: 1, event_hash: hash(event) },
      correlation_id: correlationId,
      received_at: '2026-11-22T13:45:01.101337Z',
      ...changes,
    },
    inputs,
    ledgerEvents: [{ canonical_event_json: event, event_hash: hash(event) }],
  };
}
