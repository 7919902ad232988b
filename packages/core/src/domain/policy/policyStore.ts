import { type Policy, PolicyDocument } from '@origin-stack/contract/policies';
import type { Tx } from '../ports.ts';

interface PolicyRow {
  id: string;
  name: string;
  version: number;
  document_json: string;
  sha256: string;
  created_at: string;
}

const COLUMNS = ['id', 'name', 'version', 'document_json', 'sha256', 'created_at'];

function toPolicy({ document_json, ...row }: PolicyRow): Policy {
  return { ...row, document: PolicyDocument.parse(JSON.parse(document_json)) };
}

export async function insertPolicy(
  tx: Tx,
  tenantId: string,
  policy: Policy & { documentJson: string },
): Promise<void> {
  await tx('policies').insert({
    id: policy.id,
    tenant_id: tenantId,
    name: policy.name,
    version: policy.version,
    document_json: policy.documentJson,
    sha256: policy.sha256,
    created_at: policy.created_at,
  });
}

/** The newest version of a policy, 0 where there is none. */
export async function newestVersion(tx: Tx, key: { tenantId: string; name: string }): Promise<number> {
  const row = await tx('policies')
    .where({ tenant_id: key.tenantId, name: key.name })
    .max('version as version')
    .first();
  return row?.version ?? 0;
}

export async function readPolicy(tx: Tx, key: { tenantId: string; id: string }): Promise<Policy | undefined> {
  const row = await tx('policies').where({ tenant_id: key.tenantId, id: key.id }).first(COLUMNS);
  return row && toPolicy(row);
}

/** The newest first. */
export async function readPolicies(
  tx: Tx,
  query: { tenantId: string; before: string | undefined; limit: number },
): Promise<Policy[]> {
  const rows: PolicyRow[] = await tx('policies')
    .where({ tenant_id: query.tenantId })
    .modify((list) => {
      if (query.before) list.where('id', '<', query.before);
    })
    .orderBy('id', 'desc')
    .limit(query.limit)
    .select(COLUMNS);
  return rows.map(toPolicy);
}

/** Notes that a tenant's ledger names a model; false where it did already. */
export async function insertModelLoad(
  tx: Tx,
  load: { tenantId: string; kind: string; version: string },
): Promise<boolean> {
  const added = await tx('model_loads')
    .insert({ tenant_id: load.tenantId, kind: load.kind, version: load.version })
    .onConflict(['tenant_id', 'kind', 'version'])
    .ignore()
    .returning('version');
  return added.length === 1;
}

/** Which models a tenant's newest 1,000 policies name. */
export async function readAllPolicyModels(
  tx: Tx,
  tenantId: string,
): Promise<{ id: string; version: number; risk: string; anomaly: string }[]> {
  const { rows } = await tx.raw(
    `select id, version, document_json::jsonb ->> 'risk_model_version' as risk,
       document_json::jsonb ->> 'anomaly_model_version' as anomaly
     from policies where tenant_id = ? order by id desc limit 1000`,
    [tenantId],
  );
  return rows;
}
