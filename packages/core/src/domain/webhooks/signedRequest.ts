import { signWebhook } from '@origin-stack/sdk/signWebhook';
import type { SecretBox } from '../keys/secretBox.ts';
import type { Clock } from '../ports.ts';
import type { PendingDelivery } from './deliveryStore.ts';
import { secretContext } from './webhookSecret.ts';

/** What one attempt sends: a new timestamp and signature over exactly this body, the same event id each time. */
export async function signedRequest(
  deps: { clock: Clock; secrets: SecretBox },
  tenantId: string,
  delivery: PendingDelivery,
): Promise<{ url: string; headers: Record<string, string>; body: string }> {
  const body = bodyOf(tenantId, delivery);
  const signature = await signWebhook({
    secrets: await secretsOf(deps, tenantId, delivery),
    eventId: delivery.event_id,
    timestampSeconds: Math.floor(deps.clock.epochMs() / 1000),
    rawBody: body,
  });
  const headers = {
    'Content-Type': 'application/json',
    'User-Agent': 'Origin-Stack-Webhooks/1',
    'X-Correlation-Id': delivery.correlation_id,
    ...signature,
  };
  return { url: delivery.url, headers, body };
}

/** The event's stored text goes out as it is: every attempt sends the same bytes. */
function bodyOf(tenantId: string, event: PendingDelivery): string {
  const { event_id, event_type, created_at } = event;
  const head = JSON.stringify({ id: event_id, type: event_type, created_at, tenant_id: tenantId });
  return `${head.slice(0, -1)},"data":${event.data_json}}`;
}

/** The secrets that sign now, the older first. */
async function secretsOf(
  deps: { clock: Clock; secrets: SecretBox },
  tenantId: string,
  delivery: PendingDelivery,
): Promise<string[]> {
  const { secret, previous_secret, previous_retires_at } = delivery;
  const isOverlapping =
    previous_retires_at !== null && Date.parse(previous_retires_at) > deps.clock.epochMs();
  const sealed = previous_secret && isOverlapping ? [previous_secret, secret] : [secret];
  const context = secretContext({ tenantId, id: delivery.webhook_id });
  return Promise.all(sealed.map((one) => deps.secrets.open(context, one)));
}
