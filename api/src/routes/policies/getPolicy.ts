import { Policy } from '@origin-stack/contract/policies';
import { IdParams } from '@origin-stack/contract/primitives';
import { getPolicy as get } from '@origin-stack/core/domain/policy/readPolicies';
import { defineRoute, reply } from '../../http/route.ts';

export const getPolicy = defineRoute({
  method: 'GET',
  path: '/v1/policies/{id}',
  name: 'getPolicy',
  summary: 'One version of a policy',
  access: { scope: 'policies:read' },
  params: IdParams,
  query: null,
  body: null,
  replies: { 200: Policy },
  errors: ['not_found'],
  async handler({ deps, actor, params }) {
    return reply(200, await get(deps, actor, params.id));
  },
});
