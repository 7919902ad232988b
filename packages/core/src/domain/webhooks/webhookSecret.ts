import { randomBytes } from 'node:crypto';

/** A new secret: `whsec_` and the base64 of 32 random bytes (Standard Webhooks 1.0). */
export const newWebhookSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** What a sealed secret is tied to: it opens for this webhook of this tenant and for no other. */
export const secretContext = (key: { tenantId: string; id: string }): string =>
  `webhook-secret:${key.tenantId}:${key.id}`;
