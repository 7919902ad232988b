import { IngestReply, IngestRequest } from '@origin-stack/contract/ingest';
import { ingest } from '@origin-stack/core/domain/ingest/ingest';
import { defineRoute, reply } from '../../http/route.ts';

export const createIngest = defineRoute({
  method: 'POST',
  path: '/v1/ingest',
  name: 'ingest',
  summary: 'Decide on one upload: decision, certificate and ledger event are there when the reply is',
  access: { scope: 'ingest:write' },
  params: null,
  query: null,
  body: IngestRequest,
  replies: { 201: IngestReply, 200: IngestReply },
  errors: ['external_id_conflict', 'not_found', 'unprocessable', 'dependency_unavailable'],
  async handler({ deps, actor, body }) {
    const { created, reply: decided } = await ingest(deps, actor, body);
    if (created) deps.metrics.count('decisions_total', { decision: decided.decision });
    return reply(created ? 201 : 200, decided);
  },
});
