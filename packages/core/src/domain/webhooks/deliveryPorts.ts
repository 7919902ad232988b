/** Why a request got no usable answer; `proxy`: our own egress proxy is away or refuses us. */
export type WebhookSendErrorCode =
  | 'proxy'
  | 'refused_address'
  | 'timeout'
  | 'tls'
  | 'connection'
  | 'too_large'
  | 'redirect';

/** A delivery attempt without a usable answer. The message is for the webhook's owner and names no address. */
export class WebhookSendError extends Error {
  override readonly name = 'WebhookSendError';
  readonly code: WebhookSendErrorCode;
  /** The HTTP status, where one came. */
  readonly status: number | undefined;

  constructor(code: WebhookSendErrorCode, message: string, more: { status?: number; cause?: unknown } = {}) {
    super(message, { cause: more.cause });
    this.code = code;
    this.status = more.status;
  }
}

export interface WebhookRequest {
  url: string;
  headers: Record<string, string>;
  /** Sent as these UTF-8 bytes. */
  body: string;
  /** Gives the attempt up; `send` then rejects with the signal's reason. */
  signal: AbortSignal;
}

export interface WebhookReply {
  /** Any HTTP status but the 3xx. */
  status: number;
  retryAfterSeconds: number | undefined;
}

/** Sends one POST, bounded in time and size. Rejects with {@link WebhookSendError}. */
export interface WebhookSender {
  send(request: WebhookRequest): Promise<WebhookReply>;
}

/**
 * Circuit breakers by key. Where one is open, `call` is not made and the error has `retryAfterMs`. They count the
 * errors for which `isEndpointDown` is true, and no others.
 */
export interface EndpointBreakers {
  of(key: string): { run<T>(call: () => Promise<T>): Promise<T> };
}
