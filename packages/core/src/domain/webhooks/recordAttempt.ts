import type { Clock, Db, Ids, Tx } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import type { AttemptOutcome } from './attemptDelivery.ts';
import { MAX_ATTEMPTS, retryDelayMs } from './deliveryDelays.ts';
import { endDelivery, noteAttempt, type PendingDelivery } from './deliveryStore.ts';
import { publishEvents } from './publishEvents.ts';
import { disableWebhook, type EndpointState, noteFailure, noteSuccess } from './webhookStore.ts';

export interface RecordDeps {
  db: Db;
  clock: Clock;
  ids: Ids;
  /** A number from 0 to 1. */
  random(): number;
}

/** The leased work behind a delivery. Both functions throw where the lease was lost, which rolls back. */
export interface DeliveryWork {
  tenantId: string;
  /** How often this work was begun, this time included. */
  runs: number;
  signal: AbortSignal;
  finish(tx: Tx): Promise<void>;
  retry(tx: Tx, after: { delayMs: number; error: string }): Promise<void>;
}

export type DeliveryResult = 'delivered' | 'retrying' | 'put_off' | 'dead' | 'nothing_to_do';

const LONGEST_FAILURE_MS = 120 * 3_600_000;

/**
 * Records an attempt in one transaction with the work that it was: delivered, to be tried again, or dead. Locks
 * in one order (webhook, delivery, work), which deletion keeps too.
 */
export function recordAttempt(
  deps: RecordDeps,
  { work, delivery }: { work: DeliveryWork; delivery: PendingDelivery },
  outcome: AttemptOutcome,
): Promise<DeliveryResult> {
  const { tenantId } = work;
  const now = deps.clock.now();
  const webhook = { tenantId, id: delivery.webhook_id };
  const record = {
    tenantId,
    id: delivery.id,
    attempts: delivery.attempts + 1,
    lastStatus: outcome.status,
    lastError: outcome.error,
    now,
  };
  return inTenant<DeliveryResult>(deps.db, tenantId, async (tx) => {
    if (outcome.error === null) {
      await noteSuccess(tx, webhook);
      await endDelivery(tx, { ...record, status: 'delivered' });
      await work.finish(tx);
      return 'delivered';
    }
    const state = await noteFailure(tx, { ...webhook, at: now });
    if (!state) {
      await work.finish(tx);
      return 'nothing_to_do';
    }
    const isDisabled =
      !state.is_active || (await disableWhereDue(deps, { tx, work, delivery }, { outcome, state }));
    if (isDisabled || record.attempts >= MAX_ATTEMPTS) {
      const lastError = isDisabled ? `${outcome.error}; the webhook is disabled` : outcome.error;
      await endDelivery(tx, { ...record, lastError, status: 'dead' });
      await work.finish(tx);
      return 'dead';
    }
    const failed = { attempt: record.attempts, retryAfterSeconds: outcome.retryAfterSeconds };
    const delayMs = retryDelayMs(failed, deps.random());
    await noteAttempt(tx, { ...record, delayMs });
    await work.retry(tx, { delayMs, error: outcome.error });
    return 'retrying';
  });
}

/** Disables a webhook that says 410 or has not succeeded for 120 h, and tells the tenant's other webhooks. */
async function disableWhereDue(
  deps: RecordDeps,
  { tx, work, delivery }: { tx: Tx; work: DeliveryWork; delivery: PendingDelivery },
  { outcome, state }: { outcome: AttemptOutcome; state: EndpointState },
): Promise<boolean> {
  const failingMs = deps.clock.epochMs() - Date.parse(state.failing_since);
  if (outcome.status !== 410 && failingMs < LONGEST_FAILURE_MS) return false;
  const reason =
    outcome.status === 410 ? 'The endpoint answered 410 Gone.' : 'Not one success for 120 hours.';
  const { tenantId } = work;
  await disableWebhook(tx, { tenantId, id: delivery.webhook_id, reason });
  const data = { webhook_id: delivery.webhook_id, reason, since: state.failing_since };
  const event = { type: 'webhook.disabled' as const, data, correlationId: delivery.correlation_id };
  await publishEvents(deps, { tx, tenantId }, [event]);
  return true;
}
