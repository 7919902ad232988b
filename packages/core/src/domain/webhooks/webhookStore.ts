import type { Webhook } from '@origin-stack/contract/webhooks';
import type { Tx } from '../ports.ts';

const COLUMNS = ['id', 'url', 'events', 'description', 'is_active', 'disabled_reason', 'created_at'];

interface WebhookKey {
  tenantId: string;
  id: string;
}

export interface NewWebhook extends WebhookKey {
  url: string;
  events: string[];
  description: string | null;
  sealedSecret: Buffer;
  createdAt: string;
}

export async function insertWebhook(tx: Tx, webhook: NewWebhook): Promise<Webhook> {
  const [row] = await tx('webhooks')
    .insert({
      id: webhook.id,
      tenant_id: webhook.tenantId,
      url: webhook.url,
      events: webhook.events,
      description: webhook.description,
      secret: webhook.sealedSecret,
      created_at: webhook.createdAt,
    })
    .returning(COLUMNS);
  return row;
}

/** How many webhooks a tenant has. Until the transaction ends nobody else who counts them adds one. */
export async function lockAndCountWebhooks(tx: Tx, tenantId: string): Promise<number> {
  await tx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`webhooks:${tenantId}`]);
  const row = await tx('webhooks').where({ tenant_id: tenantId }).count('id as webhooks').first();
  return Number(row?.webhooks ?? 0);
}

export async function readWebhook(tx: Tx, key: WebhookKey): Promise<Webhook | undefined> {
  return tx('webhooks').where({ tenant_id: key.tenantId, id: key.id }).first(COLUMNS);
}

/** Whether it is active; it cannot be deleted until the transaction ends. undefined where it is gone. */
export async function holdWebhook(tx: Tx, key: WebhookKey): Promise<{ is_active: boolean } | undefined> {
  return tx('webhooks').where({ tenant_id: key.tenantId, id: key.id }).forKeyShare().first('is_active');
}

/** The newest first. */
export async function readWebhooks(
  tx: Tx,
  query: { tenantId: string; before: string | undefined; limit: number },
): Promise<Webhook[]> {
  return tx('webhooks')
    .where({ tenant_id: query.tenantId })
    .modify((list) => {
      if (query.before) list.where('id', '<', query.before);
    })
    .orderBy('id', 'desc')
    .limit(query.limit)
    .select(COLUMNS);
}

export interface WebhookChange {
  url?: string;
  events?: string[];
  description?: string;
  is_active?: boolean;
  disabled_reason?: null;
  failing_since?: null;
}

/** undefined where there is no such webhook. `change` names at least one column. */
export async function changeWebhook(
  tx: Tx,
  key: WebhookKey,
  change: WebhookChange,
): Promise<Webhook | undefined> {
  const [row] = await tx('webhooks')
    .where({ tenant_id: key.tenantId, id: key.id })
    .update({ ...change })
    .returning(COLUMNS);
  return row;
}

/** Its deliveries go with it. True where it was there. */
export async function deleteWebhookRow(tx: Tx, key: WebhookKey): Promise<boolean> {
  return (await tx('webhooks').where({ tenant_id: key.tenantId, id: key.id }).delete()) === 1;
}

/** The secret that signed until now becomes the previous one. The time it retires, or undefined for no webhook. */
export async function replaceSecret(
  tx: Tx,
  rotation: WebhookKey & { sealedSecret: Buffer; now: string; overlapSeconds: number },
): Promise<string | undefined> {
  const { rows } = await tx.raw(
    `update webhooks set previous_secret = secret, secret = ?,
       previous_retires_at = ?::timestamptz + make_interval(secs => ?)
     where tenant_id = ? and id = ? returning previous_retires_at`,
    [rotation.sealedSecret, rotation.now, rotation.overlapSeconds, rotation.tenantId, rotation.id],
  );
  return rows[0]?.previous_retires_at;
}

export interface EndpointState {
  is_active: boolean;
  /** Since when not one delivery succeeded. */
  failing_since: string;
}

/** Starts the failure clock where it does not run, and locks the webhook. undefined where it is gone. */
export async function noteFailure(
  tx: Tx,
  failure: WebhookKey & { at: string },
): Promise<EndpointState | undefined> {
  const { rows } = await tx.raw(
    `update webhooks set failing_since = coalesce(failing_since, ?) where tenant_id = ? and id = ?
     returning is_active, failing_since`,
    [failure.at, failure.tenantId, failure.id],
  );
  return rows[0];
}

/** Stops the failure clock. */
export async function noteSuccess(tx: Tx, key: WebhookKey): Promise<void> {
  await tx('webhooks')
    .where({ tenant_id: key.tenantId, id: key.id })
    .whereNotNull('failing_since')
    .update({ failing_since: null });
}

export async function disableWebhook(tx: Tx, key: WebhookKey & { reason: string }): Promise<void> {
  await tx('webhooks')
    .where({ tenant_id: key.tenantId, id: key.id })
    .update({ is_active: false, disabled_reason: key.reason });
}
