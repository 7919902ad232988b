import type { JsonObject } from '@origin-stack/sdk/jsonValue';
import { type DecisionEvent, decisionFault } from '../decisions/decisionFault.ts';
import { sha256 } from '../sha256.ts';
import type { TableRows } from './tableRows.ts';

/** An event whose text has its hash and its place in the chain. */
export type ProvenEvent = DecisionEvent & { event_type: string; event_timestamp: string };

/** What the tables hold otherwise than an event of the chain proves, in words that name the row; undefined where they agree. */
export function tableFault(event: ProvenEvent, tables: TableRows): string | undefined {
  switch (event.event_type) {
    case 'decision.created':
      return uploadFault(event, tables);
    case 'policy.created':
      return policyFault(event.body, tables);
    case 'evidence.ready':
      return packFault(event.body, tables);
    default:
      return undefined;
  }
}

function uploadFault(event: ProvenEvent, tables: TableRows): string | undefined {
  const { upload_id, certificate_id, policy } = event.body;
  const upload = tables.uploads.get(String(upload_id)) ?? null;
  if (upload === null && event.event_timestamp > tables.uploadsKeptFrom) {
    return `upload ${upload_id} is gone, and retention did not delete it`;
  }
  const fault = decisionFault(event, {
    upload,
    certificate: tables.certificates.get(String(certificate_id)),
    policy: tables.policies.get(String(Object(policy).id)),
  });
  return fault && `upload ${upload_id}: its stored ${fault} and the event contradict each other`;
}

function policyFault(
  { policy_id, version, policy_sha256 }: JsonObject,
  tables: TableRows,
): string | undefined {
  const row = tables.policies.get(String(policy_id));
  if (!row) return `policy ${policy_id} is gone`;
  const agrees =
    row.version === version && row.sha256 === policy_sha256 && sha256(row.document_json) === policy_sha256;
  return agrees
    ? undefined
    : `policy ${policy_id}: its stored text or version and the event contradict each other`;
}

/** Packs go with retention; one that is there has the manifest that the event names. */
function packFault(
  { pack_id, upload_id, manifest_sha256 }: JsonObject,
  tables: TableRows,
): string | undefined {
  const row = tables.packs.get(String(pack_id));
  if (!row) return undefined;
  const [, manifest = ''] = (row.manifest_jws ?? '').split('.');
  const agrees =
    row.upload_id === upload_id && sha256(Buffer.from(manifest, 'base64url')) === manifest_sha256;
  return agrees
    ? undefined
    : `pack ${pack_id}: its stored manifest or upload and the event contradict each other`;
}
