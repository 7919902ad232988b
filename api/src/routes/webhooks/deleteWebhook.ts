import { IdParams } from '@origin-stack/contract/primitives';
import { deleteWebhook as remove } from '@origin-stack/core/domain/webhooks/deleteWebhook';
import { defineRoute, reply } from '../../http/route.ts';

export const deleteWebhook = defineRoute({
  method: 'DELETE',
  path: '/v1/webhooks/{id}',
  name: 'deleteWebhook',
  summary: 'Delete a webhook and its deliveries',
  access: { scope: 'webhooks:write' },
  params: IdParams,
  query: null,
  body: null,
  replies: { 204: null },
  errors: ['not_found'],
  async handler({ deps, actor, params }) {
    await remove(deps, actor, params.id);
    return reply(204, null);
  },
});
