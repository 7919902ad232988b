import type { Delivery } from '@origin-stack/contract/webhooks';
import type { Tx } from '../ports.ts';

interface DeliveryKey {
  tenantId: string;
  id: string;
}

/** Deliveries of one webhook, the newest first. */
export async function readDeliveries(
  tx: Tx,
  query: { tenantId: string; webhookId: string; before: string | undefined; limit: number },
): Promise<Delivery[]> {
  const before = query.before === undefined ? '' : 'and d.id < :before';
  const { rows } = await tx.raw(
    `select d.id, d.event_id, e.type as event_type, d.status, d.attempts, d.next_attempt_at, d.last_status,
       d.last_error, d.created_at, d.delivered_at
     from webhook_deliveries d join webhook_events e on e.id = d.event_id
     where d.tenant_id = :tenantId and d.webhook_id = :webhookId ${before}
     order by d.id desc limit :limit`,
    { ...query },
  );
  return rows;
}

export interface PendingDelivery {
  id: string;
  status: Delivery['status'];
  attempts: number;
  event_id: string;
  event_type: string;
  data_json: string;
  correlation_id: string;
  created_at: string;
  webhook_id: string;
  url: string;
  is_active: boolean;
  secret: Buffer;
  previous_secret: Buffer | null;
  previous_retires_at: string | null;
}

/** A delivery with its event and its webhook: all that one attempt needs. */
export async function readDelivery(tx: Tx, key: DeliveryKey): Promise<PendingDelivery | undefined> {
  const { rows } = await tx.raw(
    `select d.id, d.status, d.attempts, d.event_id, e.type as event_type, e.data_json, e.correlation_id, e.created_at,
       d.webhook_id, w.url, w.is_active, w.secret, w.previous_secret, w.previous_retires_at
     from webhook_deliveries d
       join webhook_events e on e.id = d.event_id
       join webhooks w on w.id = d.webhook_id
     where d.tenant_id = :tenantId and d.id = :id`,
    { ...key },
  );
  return rows[0];
}

export interface AttemptRecord extends DeliveryKey {
  attempts: number;
  lastStatus: number | null;
  lastError: string | null;
  now: string;
}

/** Ends a delivery that is pending. False where it has ended or is gone. */
export async function endDelivery(
  tx: Tx,
  end: AttemptRecord & { status: 'delivered' | 'dead' },
): Promise<boolean> {
  const { rowCount } = await tx.raw(
    `update webhook_deliveries set status = :status, attempts = :attempts, last_status = :lastStatus,
       last_error = :lastError, next_attempt_at = null,
       delivered_at = case when :status = 'delivered' then cast(:now as timestamptz) end
     where tenant_id = :tenantId and id = :id and status = 'pending'`,
    { ...end },
  );
  return rowCount === 1;
}

/** Notes a failed attempt and when the next one is due. */
export async function noteAttempt(tx: Tx, attempt: AttemptRecord & { delayMs: number }): Promise<void> {
  await tx.raw(
    `update webhook_deliveries set attempts = :attempts, last_status = :lastStatus, last_error = :lastError,
       next_attempt_at = cast(:now as timestamptz) + make_interval(secs => :delaySeconds)
     where tenant_id = :tenantId and id = :id and status = 'pending'`,
    { ...attempt, delaySeconds: attempt.delayMs / 1000 },
  );
}

/** Notes when a delivery that was not tried is due again. */
export async function noteDelay(
  tx: Tx,
  delay: DeliveryKey & { now: string; delayMs: number },
): Promise<void> {
  await tx.raw(
    `update webhook_deliveries
     set next_attempt_at = cast(:now as timestamptz) + make_interval(secs => :delaySeconds)
     where tenant_id = :tenantId and id = :id and status = 'pending'`,
    { ...delay, delaySeconds: delay.delayMs / 1000 },
  );
}

/** Locks a delivery and its event: nobody ends or replays it meanwhile, and retention leaves it alone. */
export async function lockDelivery(
  tx: Tx,
  key: DeliveryKey,
): Promise<{ status: Delivery['status']; event_id: string; webhook_is_active: boolean } | undefined> {
  // The event first, as retention does, and in a statement of its own: the next one sees whether the delivery is left.
  await tx.raw(
    `select from webhook_events
     where tenant_id = :tenantId
       and id = (select event_id from webhook_deliveries where tenant_id = :tenantId and id = :id)
     for key share`,
    { ...key },
  );
  const { rows } = await tx.raw(
    `select d.status, d.event_id, w.is_active as webhook_is_active
     from webhook_deliveries d join webhooks w on w.id = d.webhook_id
     where d.tenant_id = :tenantId and d.id = :id for no key update of d`,
    { ...key },
  );
  return rows[0];
}

/** Begins an ended delivery anew. */
export async function restartDelivery(tx: Tx, restart: DeliveryKey & { now: string }): Promise<void> {
  await tx('webhook_deliveries').where({ tenant_id: restart.tenantId, id: restart.id }).update({
    status: 'pending',
    attempts: 0,
    next_attempt_at: restart.now,
    last_status: null,
    last_error: null,
    delivered_at: null,
  });
}
