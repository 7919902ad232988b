import { WebhookCreate, WebhookCreated } from '@origin-stack/contract/webhooks';
import { createWebhook as create } from '@origin-stack/core/domain/webhooks/createWebhook';
import { defineRoute, reply } from '../../http/route.ts';

export const createWebhook = defineRoute({
  method: 'POST',
  path: '/v1/webhooks',
  name: 'createWebhook',
  summary: 'Make a webhook; its secret is shown here and never again',
  access: { scope: 'webhooks:write' },
  params: null,
  query: null,
  body: WebhookCreate,
  replies: { 201: WebhookCreated },
  errors: ['url_refused', 'unprocessable'],
  secrets: ['secret'],
  async handler({ deps, actor, body }) {
    return reply(201, await create(deps, actor, body));
  },
});
