import type { Reason } from '@origin-stack/contract/ingest';
import type { Decision } from '@origin-stack/contract/policies';
import type { CertificateRow } from '../certificates/certificateStore.ts';
import type { Tx } from '../ports.ts';

/** An upload's row and its signals as they are stored, with nothing parsed and nothing believed. */
export interface DecisionRow {
  id: string;
  external_id: string;
  decision: Decision;
  risk_score: number;
  anomaly_score: number;
  reasons: Reason[];
  content_sha256: string;
  pvid: string;
  media_type: string;
  size_bytes: number | null;
  policy_id: string;
  decision_inputs_json: string;
  certificate_id: string;
  correlation_id: string;
  ledger_sequence: number;
  received_at: string;
}

export interface PolicyRow {
  id: string;
  version: number;
  sha256: string;
  document_json: string;
}

interface Keys {
  tenantId: string;
  ids: string[];
}

const SELECT = `
  select u.id, u.external_id, u.decision, u.risk_score, u.anomaly_score, u.content_sha256, u.pvid, u.media_type, u.size_bytes,
    u.policy_id, u.decision_inputs_json, u.certificate_id, u.correlation_id, u.ledger_sequence, u.received_at,
    coalesce((select json_agg(json_build_object('rule', s.rule, 'input', s.input, 'detail', s.detail) order by s.position)
      from risk_signals s where s.tenant_id = u.tenant_id and s.upload_id = u.id), '[]') as reasons
  from uploads u where u.tenant_id = :tenantId`;

export async function readDecisions(tx: Tx, keys: Keys): Promise<Map<string, DecisionRow>> {
  if (keys.ids.length === 0) return new Map();
  const { rows } = await tx.raw(`${SELECT} and u.id = any(:ids)`, { ...keys });
  return byId<DecisionRow>(rows);
}

export async function readCertificates(tx: Tx, keys: Keys): Promise<Map<string, CertificateRow>> {
  if (keys.ids.length === 0) return new Map();
  const rows = await tx('certificates')
    .where({ tenant_id: keys.tenantId })
    .whereIn('id', keys.ids)
    .select('id', 'upload_id', 'kid', 'jws');
  return byId<CertificateRow>(rows);
}

export async function readPolicyRows(tx: Tx, keys: Keys): Promise<Map<string, PolicyRow>> {
  if (keys.ids.length === 0) return new Map();
  const rows = await tx('policies')
    .where({ tenant_id: keys.tenantId })
    .whereIn('id', keys.ids)
    .select('id', 'version', 'sha256', 'document_json');
  return byId<PolicyRow>(rows);
}

const byId = <T extends { id: string }>(rows: T[]): Map<string, T> =>
  new Map(rows.map((row) => [row.id, row]));
