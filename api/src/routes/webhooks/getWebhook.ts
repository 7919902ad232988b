import { IdParams } from '@origin-stack/contract/primitives';
import { Webhook } from '@origin-stack/contract/webhooks';
import { getWebhook as get } from '@origin-stack/core/domain/webhooks/readWebhooks';
import { defineRoute, reply } from '../../http/route.ts';

export const getWebhook = defineRoute({
  method: 'GET',
  path: '/v1/webhooks/{id}',
  name: 'getWebhook',
  summary: 'A webhook',
  access: { scope: 'webhooks:read' },
  params: IdParams,
  query: null,
  body: null,
  replies: { 200: Webhook },
  errors: ['not_found'],
  async handler({ deps, actor, params }) {
    return reply(200, await get(deps, actor, params.id));
  },
});
