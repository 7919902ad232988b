import { Certificate } from '@origin-stack/contract/certificates';
import { IdParams } from '@origin-stack/contract/primitives';
import { getCertificate as get } from '@origin-stack/core/domain/certificates/getCertificate';
import { defineRoute, reply } from '../../http/route.ts';

export const getCertificate = defineRoute({
  method: 'GET',
  path: '/v1/certificates/{id}',
  name: 'getCertificate',
  summary: 'The signed certificate of a decision',
  access: { scope: 'certificates:read' },
  params: IdParams,
  query: null,
  body: null,
  replies: { 200: Certificate },
  errors: ['not_found'],
  async handler({ deps, actor, params }) {
    return reply(200, await get(deps, actor, params.id));
  },
});
