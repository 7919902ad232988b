import { WebhookSendError } from '../../domain/webhooks/deliveryPorts.ts';

const TLS_CODE =
  /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

/** What the owner of an endpoint may read of a failed request: its kind and code, no address and no stack. */
export function sendFailure(error: unknown): WebhookSendError {
  if (error instanceof WebhookSendError) return error;
  const code = codeOf(error);
  const more = { cause: error };
  if (code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'HPE_HEADER_OVERFLOW') {
    return new WebhookSendError('too_large', 'the header of the answer is too large', more);
  }
  if (/^UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT$|^ETIMEDOUT$/.test(code)) {
    return new WebhookSendError('timeout', 'the endpoint did not answer in time', more);
  }
  if (TLS_CODE.test(code)) return new WebhookSendError('tls', code, more);
  return new WebhookSendError('connection', code || 'the connection failed', more);
}

function codeOf(error: unknown): string {
  const isCoded = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return isCoded && typeof error.code === 'string' ? error.code : '';
}
