import { inTenant } from '../tenants/inTenant.ts';
import { type AttemptDeps, type AttemptOutcome, attemptDelivery } from './attemptDelivery.ts';
import { putOffDelayMs } from './deliveryDelays.ts';
import { endDelivery, noteDelay, type PendingDelivery, readDelivery } from './deliveryStore.ts';
import { type DeliveryResult, type DeliveryWork, type RecordDeps, recordAttempt } from './recordAttempt.ts';

export type DeliverDeps = AttemptDeps & RecordDeps;

/**
 * Makes one attempt at one delivery and records it together with its work. Nothing is sent for a delivery that
 * has ended, is gone, or whose webhook is disabled; an open breaker puts the work off and uses up no attempt.
 * After a crash between sending and recording the same event id is sent again: receivers remember it.
 */
export async function deliver(deps: DeliverDeps, work: DeliveryWork, id: string): Promise<DeliveryResult> {
  const { tenantId } = work;
  const delivery = await inTenant(deps.db, tenantId, (tx) => readDelivery(tx, { tenantId, id }));
  if (delivery?.status !== 'pending') {
    await inTenant(deps.db, tenantId, (tx) => work.finish(tx));
    return 'nothing_to_do';
  }
  if (!delivery.is_active) return abandonDelivery(deps, work, { id, error: 'the webhook is disabled' });
  let outcome: AttemptOutcome;
  try {
    outcome = await attemptDelivery(deps, work, delivery);
  } catch (error) {
    const breakerMs = openBreakerMs(error);
    if (breakerMs === undefined) throw error;
    return putOff(deps, { work, delivery }, breakerMs);
  }
  return recordAttempt(deps, { work, delivery }, outcome);
}

/** Ends a delivery as dead without another attempt, together with its work. */
export function abandonDelivery(
  deps: RecordDeps,
  work: Pick<DeliveryWork, 'tenantId' | 'finish'>,
  { id, error }: { id: string; error: string },
): Promise<DeliveryResult> {
  const { tenantId } = work;
  return inTenant<DeliveryResult>(deps.db, tenantId, async (tx) => {
    const delivery = await readDelivery(tx, { tenantId, id });
    if (delivery) {
      const { attempts } = delivery;
      const now = deps.clock.now();
      await endDelivery(tx, {
        tenantId,
        id,
        attempts,
        lastStatus: null,
        lastError: error,
        now,
        status: 'dead',
      });
    }
    await work.finish(tx);
    return 'dead';
  });
}

function openBreakerMs(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('retryAfterMs' in error)) return undefined;
  return typeof error.retryAfterMs === 'number' ? error.retryAfterMs : undefined;
}

function putOff(
  deps: DeliverDeps,
  { work, delivery }: { work: DeliveryWork; delivery: PendingDelivery },
  breakerMs: number,
): Promise<DeliveryResult> {
  const { tenantId } = work;
  // Many deliveries may wait for one probe: they spread out instead of all asking at the moment it half-opens.
  const delayMs = Math.max(breakerMs, putOffDelayMs(work.runs, deps.random()));
  return inTenant<DeliveryResult>(deps.db, tenantId, async (tx) => {
    await noteDelay(tx, { tenantId, id: delivery.id, now: deps.clock.now(), delayMs });
    await work.retry(tx, { delayMs, error: 'put off: the endpoint failed too often' });
    return 'put_off';
  });
}
