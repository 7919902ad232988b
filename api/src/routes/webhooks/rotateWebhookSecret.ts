import { IdParams } from '@origin-stack/contract/primitives';
import { WebhookRotateSecret, WebhookSecretRotated } from '@origin-stack/contract/webhooks';
import { rotateWebhookSecret as rotate } from '@origin-stack/core/domain/webhooks/rotateWebhookSecret';
import { defineRoute, reply } from '../../http/route.ts';

export const rotateWebhookSecret = defineRoute({
  method: 'POST',
  path: '/v1/webhooks/{id}/rotate-secret',
  name: 'rotateWebhookSecret',
  summary: 'Make a new secret; both sign until the old one retires',
  access: { scope: 'webhooks:write' },
  params: IdParams,
  query: null,
  body: WebhookRotateSecret,
  replies: { 200: WebhookSecretRotated },
  errors: ['not_found'],
  secrets: ['secret'],
  async handler({ deps, actor, params, body }) {
    return reply(200, await rotate(deps, actor, { id: params.id, overlapSeconds: body.overlap_seconds }));
  },
});
