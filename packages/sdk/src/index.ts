export { canonicalJson } from './canonicalJson.ts';
export type { JsonObject, JsonValue } from './jsonValue.ts';
export { sha256Hex } from './sha256Hex.ts';
export { type SignWebhookInput, signWebhook, type WebhookHeaders } from './signWebhook.ts';
export { type VerifyWebhookInput, verifyWebhook } from './verifyWebhook.ts';
export type { WebhookEvent } from './webhookEvent.ts';
export type { ReceivedHeaders } from './webhookHeaders.ts';
export { type WebhookErrorCode, WebhookVerificationError } from './webhookVerificationError.ts';
