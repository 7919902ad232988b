import type { IngestReply, Upload } from '@origin-stack/contract/ingest';
import { DecisionInputs } from '@origin-stack/contract/ingest';
import { columnOf } from '../columnOf.ts';
import { eventBindings, type LedgerRow, WRITE_EVENTS } from '../ledger/ledgerStore.ts';
import type { Tx } from '../ports.ts';
import { inOrder, prepared } from '../prepared.ts';

export interface NewUpload {
  id: string;
  external_id: string;
  body_mac: Buffer;
  account_id: string;
  device_id: string | null;
  pvid: string;
  content_sha256: string;
  media_type: string;
  size_bytes: number | null;
  metadata: Buffer | null;
  decision: string;
  risk_score: number;
  anomaly_score: number;
  policy_id: string;
  decision_inputs_json: string;
  certificate_id: string;
  correlation_id: string;
  ledger_sequence: number;
  received_at: string;
}

const TYPES: Record<keyof NewUpload, string> = {
  id: 'uuid',
  external_id: 'text',
  body_mac: 'bytea',
  account_id: 'uuid',
  device_id: 'uuid',
  pvid: 'text',
  content_sha256: 'text',
  media_type: 'text',
  size_bytes: 'bigint',
  metadata: 'bytea',
  decision: 'text',
  risk_score: 'float8',
  anomaly_score: 'float8',
  policy_id: 'uuid',
  decision_inputs_json: 'text',
  certificate_id: 'uuid',
  correlation_id: 'text',
  ledger_sequence: 'bigint',
  received_at: 'timestamptz',
};
const NAMES = Object.keys(TYPES) as (keyof NewUpload)[];

export interface NewSignal {
  upload_id: string;
  position: number;
  rule: string;
  input: string;
  detail: string;
}

const SIGNAL_COLUMNS = ['upload_id', 'position', 'rule', 'input', 'detail'] as const;

export interface NewCertificate {
  id: string;
  upload_id: string;
  kid: string;
  jws: string;
  created_at: string;
}

const CERTIFICATE_COLUMNS = ['id', 'upload_id', 'kid', 'jws', 'created_at'] as const;

const WRITE_DECISIONS = inOrder(
  'write_decisions',
  `with ${WRITE_EVENTS}, written as (
    insert into uploads (tenant_id, ${NAMES.join(', ')})
    select ?::uuid, * from unnest(${NAMES.map((name) => `?::${TYPES[name]}[]`).join(', ')})
    on conflict (tenant_id, external_id) do nothing
    returning id
  ), signals as (
    insert into risk_signals (tenant_id, ${SIGNAL_COLUMNS.join(', ')})
    select ?::uuid, * from unnest(?::uuid[], ?::smallint[], ?::text[], ?::text[], ?::text[]) signal (upload_id)
    where upload_id in (select id from written)
  ), certified as (
    insert into certificates (tenant_id, ${CERTIFICATE_COLUMNS.join(', ')})
    select ?::uuid, * from unnest(?::uuid[], ?::uuid[], ?::text[], ?::text[], ?::timestamptz[]) certificate (id, upload_id)
    where upload_id in (select id from written)
  ), released as (
    delete from uploads_under_way where tenant_id = ?::uuid and external_id = any(?::text[])
  )
  select (select count(*)::integer from written) as uploads, exists (
    select from webhooks where tenant_id = ?::uuid and is_active and 'decision.created' = any(events)
  ) as "isAwaited"`,
);

/** An upload of the same external id is there. */
export class ExternalIdTaken extends Error {}

/** Everything that decisions of one tenant leave, at least one. */
export interface WrittenDecisions {
  events: LedgerRow[];
  uploads: NewUpload[];
  signals: NewSignal[];
  certificates: NewCertificate[];
}

/**
 * Writes decisions with their ledger events in one statement, which ends that they are under way, and says whether a webhook
 * awaits them.
 * Rejects with {@link ExternalIdTaken} where one is taken: the transaction must be rolled back then, which the server's log
 * does not count as an error.
 */
export async function writeDecisions(tx: Tx, tenantId: string, rows: WrittenDecisions): Promise<boolean> {
  const [answer] = await prepared<{ uploads: number; isAwaited: boolean }>(tx, WRITE_DECISIONS, [
    ...eventBindings(tenantId, rows.events),
    tenantId,
    ...NAMES.map((name) => columnOf(rows.uploads, name)),
    tenantId,
    ...SIGNAL_COLUMNS.map((name) => columnOf(rows.signals, name)),
    tenantId,
    ...CERTIFICATE_COLUMNS.map((name) => columnOf(rows.certificates, name)),
    tenantId,
    columnOf(rows.uploads, 'external_id'),
    tenantId,
  ]);
  if (answer?.uploads !== rows.uploads.length) throw new ExternalIdTaken();
  return answer.isAwaited;
}

/** Which of the external ids are taken. Under the lock on the ledger's head nobody adds one meanwhile. */
export async function takenExternalIds(
  tx: Tx,
  tenantId: string,
  externalIds: string[],
): Promise<Set<string>> {
  const { rows } = await tx.raw(
    'select external_id from uploads where tenant_id = ? and external_id = any(?::text[])',
    [tenantId, externalIds],
  );
  return new Set(rows.map((row: { external_id: string }) => row.external_id));
}

const SELECT = `
  select u.id as upload_id, u.external_id, u.decision, u.risk_score, u.anomaly_score, u.certificate_id, u.correlation_id,
    u.received_at, u.ledger_sequence, e.event_hash, u.content_sha256, u.pvid, u.media_type, u.size_bytes,
    u.decision_inputs_json, u.body_mac,
    (select json_agg(json_build_object('rule', s.rule, 'input', s.input, 'detail', s.detail) order by s.position)
     from risk_signals s where s.tenant_id = u.tenant_id and s.upload_id = u.id) as reasons
  from uploads u join ledger_events e on e.tenant_id = u.tenant_id and e.sequence = u.ledger_sequence
  where u.tenant_id = :tenantId`;

export interface StoredUpload {
  upload: Upload;
  bodyMac: Buffer;
}

export async function readUpload(
  tx: Tx,
  key: { tenantId: string } & ({ id: string } | { externalId: string }),
): Promise<StoredUpload | undefined> {
  const by = 'id' in key ? 'u.id = :id' : 'u.external_id = :externalId';
  const { rows } = await tx.raw(`${SELECT} and ${by}`, { ...key });
  return rows[0] && stored(rows[0]);
}

/** The newest first. */
export async function readUploads(
  tx: Tx,
  query: { tenantId: string; before: string | undefined; limit: number },
): Promise<StoredUpload[]> {
  const before = query.before === undefined ? '' : 'and u.id < :before';
  const { rows } = await tx.raw(`${SELECT} ${before} order by u.id desc limit :limit`, { ...query });
  return rows.map(stored);
}

interface UploadRow extends Omit<IngestReply, 'ledger'> {
  ledger_sequence: number;
  event_hash: string;
  content_sha256: string;
  pvid: string;
  media_type: string;
  size_bytes: number | null;
  decision_inputs_json: string;
  body_mac: Buffer;
}

function stored(row: UploadRow): StoredUpload {
  return {
    bodyMac: row.body_mac,
    upload: {
      upload_id: row.upload_id,
      external_id: row.external_id,
      decision: row.decision,
      reasons: row.reasons,
      risk_score: row.risk_score,
      anomaly_score: row.anomaly_score,
      certificate_id: row.certificate_id,
      ledger: { sequence: row.ledger_sequence, event_hash: row.event_hash },
      correlation_id: row.correlation_id,
      received_at: row.received_at,
      content: {
        sha256: row.content_sha256,
        pvid: row.pvid,
        media_type: row.media_type,
        size_bytes: row.size_bytes,
      },
      inputs: DecisionInputs.parse(JSON.parse(row.decision_inputs_json)),
    },
  };
}

/** The part of an upload that its ingest was answered with. */
export function replyOf({ content: _, inputs: __, ...reply }: Upload): IngestReply {
  return reply;
}
