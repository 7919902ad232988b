/** Why a delivery was refused. Stable: programs may switch on it. */
export type WebhookErrorCode =
  | 'missing_headers'
  | 'invalid_headers'
  | 'invalid_secret'
  | 'signature_mismatch'
  | 'timestamp_too_old'
  | 'timestamp_too_new'
  | 'invalid_body'
  | 'event_id_mismatch';

/** Thrown by `verifyWebhook`; `code` is stable, `message` is for people and holds no secret and no signature. */
export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError';
  readonly code: WebhookErrorCode;

  constructor(code: WebhookErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
