import { PolicyDocument } from '@origin-stack/contract/policies';
import { LRUCache } from 'lru-cache';
import type { Tx } from '../ports.ts';
import { prepared } from '../prepared.ts';
import { sha256 } from '../sha256.ts';

export interface ContextQuery {
  tenantId: string;
  externalId: string;
  accountIndex: Buffer;
  deviceIndex: Buffer | null;
  pvid: string;
  policyId: string | null;
  /** Whose the upload is while it is under way. */
  holdId: string;
}

export interface SubjectContext {
  id: string;
  wrappedKeys: string;
  /** When the account came to be: as the tenant said, else when it was first seen. */
  since: string;
}

export interface DecisionContext {
  exists: boolean;
  account: SubjectContext | null;
  /** Whether the tenant has said when the account came to be. */
  isAccountAgeTold: boolean;
  device: SubjectContext | null;
  policy: { id: string; version: number; document: PolicyDocument; sha256: string } | null;
  /** Uploads of the last 24 hours and those under way; null where the upload cannot be decided on yet, and is not held. */
  velocities: { account: number; device: number } | null;
  accountQuarantined: number;
  accountRejected: number;
  pvidQuarantined: number;
  pvidRejected: number;
}

/** Counts stop here, so that the busiest account costs no more than a millisecond: beyond it the feature says 10,000. */
const COUNT_CAP = 10_000;

const counted = (from: string) =>
  `(select count(*) from (select 1 from uploads u where ${from} limit ${COUNT_CAP}) c)`;

const RFC3339 = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"';

const READ_CONTEXT = {
  name: 'read_context',
  sql: `
  with account as (
    select id, wrapped_keys, coalesce(account_created_at, created_at) as since, account_created_at is not null as is_told from subjects
    where tenant_id = $1::uuid and kind = 'account' and blind_index = $3::bytea
  ), device as (
    select id, wrapped_keys, created_at as since from subjects
    where tenant_id = $1 and kind = 'device' and blind_index = $4::bytea
  ), policy as (
    select id, version, document_json from policies
    where tenant_id = $1 and case when $6::uuid is null then name = 'default' else id = $6::uuid end
    order by version desc limit 1
  ), known as (
    select exists (select from uploads where tenant_id = $1 and external_id = $2::text) as it
  )
  select
    (select it from known) as exists,
    (select array[id::text, wrapped_keys, to_char(since at time zone 'UTC', '${RFC3339}')] from account) as account,
    (select is_told from account) as is_account_age_told,
    (select array[id::text, wrapped_keys, to_char(since at time zone 'UTC', '${RFC3339}')] from device) as device,
    (select array[id::text, version::text, document_json] from policy) as policy,
    case when not (select it from known) and exists (select from account) and exists (select from policy)
        and ($4 is null or exists (select from device))
      then hold_upload($1, $2, $7::uuid, (select id from account), (select id from device)) end as velocities,
    ${counted("u.account_id = (select id from account) and u.decision = 'quarantine' and u.tenant_id = $1")} as account_quarantined,
    ${counted("u.account_id = (select id from account) and u.decision = 'reject' and u.tenant_id = $1")} as account_rejected,
    ${counted("u.tenant_id = $1 and u.pvid = $5 and u.decision = 'quarantine'")} as pvid_quarantined,
    ${counted("u.tenant_id = $1 and u.pvid = $5 and u.decision = 'reject'")} as pvid_rejected`,
};

interface ContextRow {
  exists: boolean;
  account: [string, string, string] | null;
  is_account_age_told: boolean | null;
  device: [string, string, string] | null;
  policy: [string, string, string] | null;
  velocities: [number, number] | null;
  account_quarantined: number;
  account_rejected: number;
  pvid_quarantined: number;
  pvid_rejected: number;
}

/**
 * Everything that a decision is made on, in one round trip. An upload that can be decided on is under way from the end of the
 * transaction, until its decision is written or {@link releaseUpload} is called, for a minute at the most.
 */
export async function readContext(tx: Tx, query: ContextQuery): Promise<DecisionContext> {
  const [row] = await prepared<ContextRow>(tx, READ_CONTEXT, [
    query.tenantId,
    query.externalId,
    query.accountIndex,
    query.deviceIndex,
    query.pvid,
    query.policyId,
    query.holdId,
  ]);
  if (!row) throw new Error('the context has no row');
  return {
    exists: row.exists,
    account: subject(row.account),
    isAccountAgeTold: row.is_account_age_told === true,
    device: subject(row.device),
    policy: row.policy && {
      id: row.policy[0],
      version: Number(row.policy[1]),
      ...documentOf(row.policy[0], row.policy[2]),
    },
    velocities: row.velocities && { account: row.velocities[0], device: row.velocities[1] },
    accountQuarantined: row.account_quarantined,
    accountRejected: row.account_rejected,
    pvidQuarantined: row.pvid_quarantined,
    pvidRejected: row.pvid_rejected,
  };
}

/** Ends what {@link readContext} began, where it came to no decision. */
export async function releaseUpload(tx: Tx, { tenantId, holdId }: Pick<ContextQuery, 'tenantId' | 'holdId'>) {
  await tx('uploads_under_way').where({ tenant_id: tenantId, id: holdId }).delete();
}

interface ReadDocument {
  document: PolicyDocument;
  /** Of the stored text, which is canonical. */
  sha256: string;
}

/** Parsed and hashed once per version, which never changes. */
const documents = new LRUCache<string, ReadDocument>({ max: 1_000 });

function documentOf(policyId: string, json: string): ReadDocument {
  const known = documents.get(policyId) ?? {
    document: PolicyDocument.parse(JSON.parse(json)),
    sha256: sha256(json),
  };
  documents.set(policyId, known);
  return known;
}

function subject(columns: [string, string, string] | null): SubjectContext | null {
  return columns && { id: columns[0], wrappedKeys: columns[1], since: columns[2] };
}
