import type { WebhookEvent as SentEvent, WebhookEventType } from '@origin-stack/contract/webhooks';
import type { JsonValue } from './jsonValue.ts';

/** The body of a delivery. What `data` holds depends on `type`; later releases may send further types. */
export type WebhookEvent = Omit<SentEvent, 'type'> & { type: WebhookEventType | (string & {}) };

/** Reads a delivery's body. `null` when it is not UTF-8, not JSON, or not an event. */
export function parseWebhookEvent(body: Uint8Array): WebhookEvent | null {
  const value = parseJson(body);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  const { id, type, created_at, tenant_id, data } = value;
  if (typeof id !== 'string' || typeof type !== 'string') return null;
  if (typeof created_at !== 'string' || typeof tenant_id !== 'string') return null;
  if (data === undefined || data === null || typeof data !== 'object' || Array.isArray(data)) return null;
  return { ...value, id, type, created_at, tenant_id, data };
}

function parseJson(body: Uint8Array): JsonValue {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
  } catch {
    return null;
  }
}
