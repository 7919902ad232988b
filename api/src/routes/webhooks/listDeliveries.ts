import { IdParams, PageQuery, pageOf } from '@origin-stack/contract/primitives';
import { Delivery } from '@origin-stack/contract/webhooks';
import { listDeliveries as list } from '@origin-stack/core/domain/webhooks/listDeliveries';
import { defineRoute, reply } from '../../http/route.ts';

export const listDeliveries = defineRoute({
  method: 'GET',
  path: '/v1/webhooks/{id}/deliveries',
  name: 'listDeliveries',
  summary: 'The deliveries of a webhook, the newest first',
  access: { scope: 'webhooks:read' },
  params: IdParams,
  query: PageQuery,
  body: null,
  replies: { 200: pageOf(Delivery) },
  errors: ['not_found', 'unprocessable'],
  async handler({ deps, actor, params, query }) {
    return reply(200, await list(deps, actor, { ...query, webhookId: params.id }));
  },
});
