import { abandonDelivery, type DeliverDeps, deliver } from '@origin-stack/core/domain/webhooks/deliver';
import { putOffDelayMs } from '@origin-stack/core/domain/webhooks/deliveryDelays';
import { defineTask } from '../task.ts';

/**
 * Makes one attempt at one delivery. The attempt and when the next one is due are recorded in one transaction
 * with the work, so a run that lost its lease records nothing. Idempotent by the event id, which stays the
 * same: receivers remember it.
 */
export const deliverWebhook = defineTask<'webhook.deliver', DeliverDeps>({
  name: 'webhook.deliver',
  // Well beyond the 5 s that an endpoint has: a lease never ends while a request is under way.
  timeoutMs: 30_000,
  // A delivery counts its own attempts. This counts runs, put-offs by an open breaker among them: about a week.
  maxAttempts: 2_000,
  // For what is not the endpoint's doing, such as a key provider that is away.
  backoffMs: (attempt) => putOffDelayMs(attempt, 0.5),
  async run({ deps, tenantId, attempt, signal, finish, retry }, { delivery_id }) {
    await deliver(deps, { tenantId, runs: attempt, signal, finish, retry }, delivery_id);
  },
  async giveUp({ deps, tenantId, finish }, { delivery_id }) {
    const error = 'given up: it could not be sent';
    await abandonDelivery(deps, { tenantId, finish }, { id: delivery_id, error });
  },
});
