import { PageQuery, pageOf } from '@origin-stack/contract/primitives';
import { Webhook } from '@origin-stack/contract/webhooks';
import { listWebhooks as list } from '@origin-stack/core/domain/webhooks/readWebhooks';
import { defineRoute, reply } from '../../http/route.ts';

export const listWebhooks = defineRoute({
  method: 'GET',
  path: '/v1/webhooks',
  name: 'listWebhooks',
  summary: 'The webhooks, the newest first',
  access: { scope: 'webhooks:read' },
  params: null,
  query: PageQuery,
  body: null,
  replies: { 200: pageOf(Webhook) },
  errors: ['unprocessable'],
  async handler({ deps, actor, query }) {
    return reply(200, await list(deps, actor, query));
  },
});
