import { IdParams } from '@origin-stack/contract/primitives';
import { DeliveryAccepted } from '@origin-stack/contract/webhooks';
import { testWebhook as test } from '@origin-stack/core/domain/webhooks/testWebhook';
import { defineRoute, reply } from '../../http/route.ts';

export const testWebhook = defineRoute({
  method: 'POST',
  path: '/v1/webhooks/{id}/test',
  name: 'testWebhook',
  summary: 'Send webhook.test to this webhook',
  access: { scope: 'webhooks:write' },
  params: IdParams,
  query: null,
  body: null,
  replies: { 202: DeliveryAccepted },
  errors: ['not_found', 'unprocessable'],
  async handler({ deps, actor, params }) {
    return reply(202, await test(deps, actor, params.id));
  },
});
