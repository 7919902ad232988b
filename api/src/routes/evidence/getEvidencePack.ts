import { EvidencePack } from '@origin-stack/contract/evidence';
import { IdParams } from '@origin-stack/contract/primitives';
import { getPack } from '@origin-stack/core/domain/evidencePacks/getPack';
import { defineRoute, reply } from '../../http/route.ts';

export const getEvidencePack = defineRoute({
  method: 'GET',
  path: '/v1/evidence-packs/{id}',
  name: 'getEvidencePack',
  summary: 'An evidence pack and its status',
  access: { scope: 'evidence:read' },
  params: IdParams,
  query: null,
  body: null,
  replies: { 200: EvidencePack },
  errors: ['not_found'],
  async handler({ deps, actor, params }) {
    return reply(200, await getPack(deps, actor, params.id));
  },
});
