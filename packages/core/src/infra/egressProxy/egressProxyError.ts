/**
 * `EPROXYAWAY`: not reached, closed, or silent. `EPROXYAUTH`: it refuses our credentials. `EPROXYDENIED`: it refuses
 * the destination. `EPROXYGATEWAY`: it could not reach the destination.
 */
export type EgressProxyErrorCode = 'EPROXYAWAY' | 'EPROXYAUTH' | 'EPROXYDENIED' | 'EPROXYGATEWAY';

/** The egress proxy opened no connection. Says nothing of its address and credentials; the cause may name the address. */
export class EgressProxyError extends Error {
  override readonly name = 'EgressProxyError';
  readonly code: EgressProxyErrorCode;

  constructor(code: EgressProxyErrorCode, message: string, more: { cause?: unknown } = {}) {
    super(message, more);
    this.code = code;
  }
}

/** Why a proxy answered CONNECT with `status`, which is none of success. */
export function refusal(status: number): EgressProxyError {
  const says = `HTTP status ${status}`;
  if (status === 403) {
    return new EgressProxyError('EPROXYDENIED', `the egress proxy refuses the destination: ${says}`);
  }
  if (status >= 500) {
    return new EgressProxyError('EPROXYGATEWAY', `the egress proxy did not reach the destination: ${says}`);
  }
  if (status === 407) {
    return new EgressProxyError('EPROXYAUTH', `the egress proxy refuses our credentials: ${says}`);
  }
  return new EgressProxyError('EPROXYAWAY', `the egress proxy does not serve us: ${says}`);
}
