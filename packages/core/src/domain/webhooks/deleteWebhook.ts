import { DomainError } from '../domainError.ts';
import type { Actor, Db } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { deleteWebhookRow } from './webhookStore.ts';

/** Removes a webhook with its secrets and deliveries: nothing more is sent. A second call throws `not_found`. */
export async function deleteWebhook(deps: { db: Db }, actor: Actor, id: string): Promise<void> {
  const { tenantId } = actor;
  const isGone = await inTenant(deps.db, tenantId, (tx) => deleteWebhookRow(tx, { tenantId, id }));
  if (!isGone) throw new DomainError('not_found', 'No such webhook.');
}
