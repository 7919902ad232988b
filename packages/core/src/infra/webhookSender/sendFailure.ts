import { WebhookSendError, type WebhookSendErrorCode } from '../../domain/webhooks/deliveryPorts.ts';
import { EgressProxyError, type EgressProxyErrorCode } from '../egressProxy/egressProxyError.ts';

const TLS_CODE =
  /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

/** Whose failure it is: a proxy that works, and tells us that it does not get through, speaks of the endpoint. */
const BY_PROXY: Record<EgressProxyErrorCode, WebhookSendErrorCode> = {
  EPROXYAWAY: 'proxy',
  EPROXYAUTH: 'proxy',
  EPROXYDENIED: 'refused_address',
  EPROXYGATEWAY: 'connection',
};

/** What the owner of an endpoint may read of a failed request: its kind and code, no address and no stack. */
export function sendFailure(error: unknown): WebhookSendError {
  if (error instanceof WebhookSendError) return error;
  const more = { cause: error };
  if (error instanceof EgressProxyError) {
    return new WebhookSendError(BY_PROXY[error.code], error.message, more);
  }
  const code = codeOf(error);
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new WebhookSendError('too_large', 'the header of the answer is too large', more);
  }
  if (code === 'ETIMEDOUT') {
    return new WebhookSendError('timeout', 'the endpoint did not answer in time', more);
  }
  if (TLS_CODE.test(code)) return new WebhookSendError('tls', code, more);
  return new WebhookSendError('connection', code || 'the connection failed', more);
}

function codeOf(error: unknown): string {
  const isCoded = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return isCoded && typeof error.code === 'string' ? error.code : '';
}
