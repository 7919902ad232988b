import { z } from 'zod';
import { freeText, holdsSecret, SECRET_MESSAGE } from './freeText.ts';
import { Id, Timestamp } from './primitives.ts';

/** Events a webhook can ask for in this release. */
export const WEBHOOK_EVENTS = [
  'decision.created',
  'evidence.ready',
  'evidence.failed',
  'webhook.disabled',
] as const;

/** Events that are sent: `webhook.test` goes to the one webhook that was asked to test. */
export const SENT_EVENTS = [...WEBHOOK_EVENTS, 'webhook.test'] as const;

const Events = z.array(z.enum(WEBHOOK_EVENTS)).min(1).max(WEBHOOK_EVENTS.length);
const Url = z
  .string()
  .regex(/^[Hh][Tt][Tt][Pp][Ss]?:\/\/[^\s/?#]+[^\s#]*$/)
  .max(2000)
  .refine((url) => !holdsSecret(url), SECRET_MESSAGE);
const Description = freeText({ min: 0, max: 200 });

export const WebhookCreate = z.strictObject({
  url: Url,
  events: Events,
  description: Description.optional(),
});
export const WebhookUpdate = z.strictObject({
  url: Url.optional(),
  events: Events.optional(),
  description: Description.optional(),
  is_active: z.boolean().optional(),
});

export const Webhook = z.strictObject({
  id: Id,
  url: z.string(),
  events: z.array(z.enum(WEBHOOK_EVENTS)),
  description: z.string().nullable(),
  is_active: z.boolean(),
  disabled_reason: z.string().nullable(),
  created_at: Timestamp,
});

export const WebhookSecret = z
  .string()
  .nullable()
  .describe('Shown once. null where a stored reply is repeated for an Idempotency-Key.');

/** `secret` is shown here and never again. */
export const WebhookCreated = Webhook.extend({ secret: WebhookSecret });

export const WebhookRotateSecret = z.strictObject({
  overlap_seconds: z.int().min(0).max(604_800).default(86_400).describe('How long both secrets sign'),
});
export const WebhookSecretRotated = z.strictObject({
  id: Id,
  secret: WebhookSecret,
  old_secret_retires_at: Timestamp,
});

export const DeliveryAccepted = z.strictObject({ delivery_id: Id, event_id: Id });

export const Delivery = z.strictObject({
  id: Id,
  event_id: Id,
  event_type: z.enum(SENT_EVENTS),
  status: z.enum(['pending', 'delivered', 'dead']),
  attempts: z.int().min(0),
  next_attempt_at: Timestamp.nullable(),
  last_status: z.int().nullable().describe('HTTP status of the last attempt'),
  last_error: z.string().nullable(),
  created_at: Timestamp,
  delivered_at: Timestamp.nullable(),
});

/** The body of a delivery. */
export const WebhookEvent = z.strictObject({
  id: Id,
  type: z.enum(SENT_EVENTS),
  created_at: Timestamp,
  tenant_id: Id,
  data: z.record(z.string(), z.unknown()),
});

export type WebhookCreate = z.infer<typeof WebhookCreate>;
export type WebhookUpdate = z.infer<typeof WebhookUpdate>;
export type Webhook = z.infer<typeof Webhook>;
export type WebhookCreated = z.infer<typeof WebhookCreated>;
export type WebhookRotateSecret = z.input<typeof WebhookRotateSecret>;
export type WebhookSecretRotated = z.infer<typeof WebhookSecretRotated>;
export type DeliveryAccepted = z.infer<typeof DeliveryAccepted>;
export type Delivery = z.infer<typeof Delivery>;
export type WebhookEvent = z.infer<typeof WebhookEvent>;
export type WebhookEventType = (typeof SENT_EVENTS)[number];
