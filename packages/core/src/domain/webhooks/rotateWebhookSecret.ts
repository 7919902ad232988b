import type { WebhookSecretRotated } from '@origin-stack/contract/webhooks';
import { DomainError } from '../domainError.ts';
import type { SecretBox } from '../keys/secretBox.ts';
import type { Actor, Clock, Db } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { newWebhookSecret, secretContext } from './webhookSecret.ts';
import { replaceSecret } from './webhookStore.ts';

/**
 * Gives a webhook a new secret, which is in this reply and nowhere else. For `overlapSeconds` the old one signs
 * beside it; 0 retires it at once. A second call within that time retires the oldest: at most two sign.
 * Throws `not_found`.
 */
export async function rotateWebhookSecret(
  deps: { db: Db; clock: Clock; secrets: SecretBox },
  actor: Actor,
  input: { id: string; overlapSeconds: number },
): Promise<WebhookSecretRotated> {
  const key = { tenantId: actor.tenantId, id: input.id };
  const secret = newWebhookSecret();
  const sealedSecret = await deps.secrets.seal(secretContext(key), secret);
  const rotation = { ...key, sealedSecret, now: deps.clock.now(), overlapSeconds: input.overlapSeconds };
  const retiresAt = await inTenant(deps.db, actor.tenantId, (tx) => replaceSecret(tx, rotation));
  if (retiresAt === undefined) throw new DomainError('not_found', 'No such webhook.');
  return { id: input.id, secret, old_secret_retires_at: retiresAt };
}
