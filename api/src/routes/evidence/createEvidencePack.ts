import { EvidencePackAccepted, EvidencePackCreate } from '@origin-stack/contract/evidence';
import { requestPack } from '@origin-stack/core/domain/evidencePacks/requestPack';
import { defineRoute, reply } from '../../http/route.ts';

export const createEvidencePack = defineRoute({
  method: 'POST',
  path: '/v1/evidence-packs',
  name: 'createEvidencePack',
  summary: 'Ask for the evidence pack of an upload; the worker builds it',
  access: { scope: 'evidence:write' },
  params: null,
  query: null,
  body: EvidencePackCreate,
  replies: { 202: EvidencePackAccepted },
  errors: ['not_found', 'dependency_unavailable'],
  async handler({ deps, actor, body }) {
    return reply(202, await requestPack(deps, actor, body));
  },
});
