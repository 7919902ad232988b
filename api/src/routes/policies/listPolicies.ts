import { Policy } from '@origin-stack/contract/policies';
import { PageQuery, pageOf } from '@origin-stack/contract/primitives';
import { listPolicies as list } from '@origin-stack/core/domain/policy/readPolicies';
import { defineRoute, reply } from '../../http/route.ts';

export const listPolicies = defineRoute({
  method: 'GET',
  path: '/v1/policies',
  name: 'listPolicies',
  summary: 'All versions of all policies, the newest first',
  access: { scope: 'policies:read' },
  params: null,
  query: PageQuery,
  body: null,
  replies: { 200: pageOf(Policy) },
  errors: ['unprocessable'],
  async handler({ deps, actor, query }) {
    return reply(200, await list(deps, actor, query));
  },
});
