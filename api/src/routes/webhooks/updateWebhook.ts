import { IdParams } from '@origin-stack/contract/primitives';
import { Webhook, WebhookUpdate } from '@origin-stack/contract/webhooks';
import { updateWebhook as update } from '@origin-stack/core/domain/webhooks/updateWebhook';
import { defineRoute, reply } from '../../http/route.ts';

export const updateWebhook = defineRoute({
  method: 'PATCH',
  path: '/v1/webhooks/{id}',
  name: 'updateWebhook',
  summary: 'Change a webhook; is_active true enables one that was disabled',
  access: { scope: 'webhooks:write' },
  params: IdParams,
  query: null,
  body: WebhookUpdate,
  replies: { 200: Webhook },
  errors: ['not_found', 'url_refused'],
  async handler({ deps, actor, params, body }) {
    return reply(200, await update(deps, actor, { ...body, id: params.id }));
  },
});
