import { signCertificate } from '../domain/certificates/signCertificate.ts';
import type { DecisionDraft } from '../domain/ingest/commitDecisions.ts';
import { type IngestDeps, ingest } from '../domain/ingest/ingest.ts';
import type { KeyActor } from '../domain/ports.ts';
import { sha256 } from '../domain/sha256.ts';
import { ingestRequest } from './ingestRequest.ts';

/** Decides on an upload as releases before version 2 of certificates did: the rows that they left are there for ever. */
export async function ingestVersion1(deps: IngestDeps, actor: KeyActor): Promise<string> {
  const commit = async (tenantId: string, draft: DecisionDraft) =>
    deps.commit(tenantId, await asVersion1(deps, actor, draft));
  const { reply } = await ingest({ ...deps, commit }, actor, ingestRequest());
  return reply.upload_id;
}

async function asVersion1(deps: IngestDeps, actor: KeyActor, draft: DecisionDraft): Promise<DecisionDraft> {
  const { upload, certificate, event } = draft;
  const { models, policy } = JSON.parse(upload.decision_inputs_json);
  const proven = {
    upload_id: upload.id,
    external_id: upload.external_id,
    decision: draft.reply.decision,
    policy,
    models,
    content_sha256: upload.content_sha256,
    inputs_sha256: sha256(upload.decision_inputs_json),
    certificate_id: certificate.id,
  };
  const about = { tenant_id: actor.tenantId, issued_at: upload.received_at };
  const jws = await signCertificate(deps.keys, { v: 1, ...proven, ...about });
  return {
    ...draft,
    certificate: { ...certificate, jws },
    event: { ...event, body: { ...proven, certificate_sha256: sha256(jws) } },
  };
}
