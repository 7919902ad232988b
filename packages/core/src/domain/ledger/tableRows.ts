import type { JsonObject } from '@origin-stack/sdk/jsonValue';
import type { CertificateRow } from '../certificates/certificateStore.ts';
import {
  type DecisionRow,
  type PolicyRow,
  readCertificates,
  readDecisions,
  readPolicyRows,
} from '../decisions/decisionStore.ts';
import type { Tx } from '../ports.ts';
import type { LedgerRow } from './ledgerStore.ts';

/** The rows that some events of one tenant speak of, by their ids. */
export interface TableRows {
  uploads: Map<string, DecisionRow>;
  certificates: Map<string, CertificateRow>;
  policies: Map<string, PolicyRow>;
  packs: Map<string, ReadyPack>;
  /** Uploads that were received until then may have been deleted by retention. */
  uploadsKeptFrom: string;
}

export interface ReadyPack {
  id: string;
  upload_id: string;
  manifest_jws: string | null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Reads what the tables hold of these events: a few statements, however many events there are. */
export async function readTableRows(tx: Tx, tenantId: string, events: LedgerRow[]): Promise<TableRows> {
  const bodies = events.map((event) => ({
    type: event.event_type,
    body: bodyOf(event.canonical_event_json),
  }));
  // A text that was tampered with may name anything: it has another hash, and that is told of it.
  const idsIn = (type: LedgerRow['event_type'], ids: (body: JsonObject) => unknown) => {
    const named = bodies.filter((one) => one.type === type).map((one) => ids(one.body));
    return [...new Set(named)].filter((id): id is string => typeof id === 'string' && UUID.test(id));
  };
  const policyIds = [
    ...idsIn('decision.created', ({ policy }) => Object(policy).id),
    ...idsIn('policy.created', ({ policy_id }) => policy_id),
  ];
  const uploads = await readDecisions(tx, {
    tenantId,
    ids: idsIn('decision.created', ({ upload_id }) => upload_id),
  });
  return {
    uploads,
    certificates: await readCertificates(tx, {
      tenantId,
      ids: idsIn('decision.created', ({ certificate_id }) => certificate_id),
    }),
    policies: await readPolicyRows(tx, { tenantId, ids: policyIds }),
    packs: await readReadyPacks(tx, { tenantId, ids: idsIn('evidence.ready', ({ pack_id }) => pack_id) }),
    // After the uploads: what was deleted before they were read is behind it.
    uploadsKeptFrom: await readRetentionMark(tx),
  };
}

function bodyOf(text: string): JsonObject {
  try {
    return Object(Object(JSON.parse(text)).body);
  } catch {
    return {};
  }
}

async function readReadyPacks(
  tx: Tx,
  { tenantId, ids }: { tenantId: string; ids: string[] },
): Promise<Map<string, ReadyPack>> {
  if (ids.length === 0) return new Map();
  const rows: ReadyPack[] = await tx('evidence_packs')
    .where({ tenant_id: tenantId, status: 'ready' })
    .whereIn('id', ids)
    .select('id', 'upload_id', 'manifest_jws');
  return new Map(rows.map((row) => [row.id, row]));
}

async function readRetentionMark(tx: Tx): Promise<string> {
  const row = await tx('retention_marks').where({ what: 'uploads' }).first('received_until');
  if (!row) throw new Error('retention has no mark');
  return row.received_until;
}

export interface UploadWithEvents {
  id: string;
  ledger_sequence: number;
  has_event: boolean;
  /** A finished pack of it that no event tells of. */
  unproven_pack: string | null;
}

/**
 * A page of a tenant's uploads by id, each with whether its own event stands where the row says, and whether an event tells of
 * each of its finished packs. All in one statement: a row and its event are committed together.
 */
export async function readUploadsWithEvents(
  tx: Tx,
  query: { tenantId: string; after: string; limit: number },
): Promise<UploadWithEvents[]> {
  const { rows } = await tx.raw(
    `select u.id, u.ledger_sequence, exists (
       select from ledger_events e where e.tenant_id = u.tenant_id and e.sequence = u.ledger_sequence
         and e.upload_id = u.id) as has_event, (
       select p.id from evidence_packs p where p.upload_id = u.id and p.status = 'ready' and not exists (
         select from ledger_events e where e.tenant_id = u.tenant_id and e.upload_id = u.id
           and e.event_type = 'evidence.ready' and e.canonical_event_json::jsonb #>> '{body,pack_id}' = p.id::text)
       order by p.id limit 1) as unproven_pack
     from uploads u where u.tenant_id = :tenantId and u.id > :after order by u.id limit :limit`,
    { ...query },
  );
  return rows;
}

/** The ids of a tenant's policies: people write them, so there are few. */
export async function readPolicyIds(tx: Tx, tenantId: string): Promise<string[]> {
  const rows: { id: string }[] = await tx('policies')
    .where({ tenant_id: tenantId })
    .orderBy('id')
    .select('id');
  return rows.map(({ id }) => id);
}
