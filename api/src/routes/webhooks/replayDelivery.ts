import { IdParams } from '@origin-stack/contract/primitives';
import { DeliveryAccepted } from '@origin-stack/contract/webhooks';
import { replayDelivery as replay } from '@origin-stack/core/domain/webhooks/replayDelivery';
import { defineRoute, reply } from '../../http/route.ts';

export const replayDelivery = defineRoute({
  method: 'POST',
  path: '/v1/webhooks/deliveries/{id}/replay',
  name: 'replayDelivery',
  summary: 'Deliver an event again under the same event id',
  access: { scope: 'webhooks:write' },
  params: IdParams,
  query: null,
  body: null,
  replies: { 202: DeliveryAccepted },
  errors: ['not_found', 'delivery_in_flight', 'unprocessable'],
  async handler({ deps, actor, params }) {
    return reply(202, await replay(deps, actor, params.id));
  },
});
