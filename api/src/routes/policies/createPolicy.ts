import { Policy, PolicyCreate } from '@origin-stack/contract/policies';
import { createPolicy as create } from '@origin-stack/core/domain/policy/createPolicy';
import { defineRoute, reply } from '../../http/route.ts';

export const createPolicy = defineRoute({
  method: 'POST',
  path: '/v1/policies',
  name: 'createPolicy',
  summary: 'Add the next version of a policy; a version never changes',
  access: { scope: 'policies:write' },
  params: null,
  query: null,
  body: PolicyCreate,
  replies: { 201: Policy },
  errors: ['unprocessable', 'dependency_unavailable'],
  async handler({ deps, actor, body }) {
    return reply(201, await create(deps, actor, body));
  },
});
