import { ModelsStatus } from '@origin-stack/contract/models';
import { modelsStatus } from '@origin-stack/core/domain/models/modelsStatus';
import { defineRoute, reply } from '../../http/route.ts';

export const getModelsStatus = defineRoute({
  method: 'GET',
  path: '/v1/models/status',
  name: 'getModelsStatus',
  summary: 'The models that are loaded, and your policies that name them',
  access: { scope: 'models:read' },
  params: null,
  query: null,
  body: null,
  replies: { 200: ModelsStatus },
  errors: [],
  async handler({ deps, actor }) {
    return reply(200, await modelsStatus(deps, actor));
  },
});
