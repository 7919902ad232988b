export type * from './apiTypes.ts';
export { canonicalJson } from './canonicalJson.ts';
export { notCoveredBy, type UncoveredFact } from './certificatePayload.ts';
export type { JsonObject, JsonValue } from './jsonValue.ts';
export { jwkThumbprint, type PublicJwk, type PublicJwks } from './jwk.ts';
export { JwsError, type JwsErrorCode } from './jwsError.ts';
export type { StoredLedgerEvent } from './ledgerEvent.ts';
export {
  OriginClient,
  type OriginClientOptions,
  type Page,
  type PageQuery,
  type WaitOptions,
} from './originClient.ts';
export { OriginError, type OriginErrorCode } from './originError.ts';
export type { CallOptions } from './sendRequest.ts';
export { sha256Hex } from './sha256Hex.ts';
export { type SignWebhookInput, signWebhook, type WebhookHeaders } from './signWebhook.ts';
export {
  type VerifiedCertificate,
  type VerifyCertificateInput,
  verifyCertificate,
} from './verifyCertificate.ts';
export {
  type LedgerFault,
  type LedgerStart,
  type LedgerVerdict,
  type VerifyLedgerInput,
  verifyLedgerEvents,
} from './verifyLedgerEvents.ts';
export {
  type PackCheck,
  type PackCheckName,
  type PackVerdict,
  type VerifyPackInput,
  verifyPack,
} from './verifyPack.ts';
export { type VerifyWebhookInput, verifyWebhook } from './verifyWebhook.ts';
export type { WebhookEvent } from './webhookEvent.ts';
export type { ReceivedHeaders } from './webhookHeaders.ts';
export { type WebhookErrorCode, WebhookVerificationError } from './webhookVerificationError.ts';
