import { ObjectStoreError, type ObjectStoreReason } from './objectStoreError.ts';

const MISSING = ['NoSuchKey', 'NoSuchBucket', 'NotFound'];
const FULL = ['StorageFull', 'XMinioStorageFull', 'QuotaExceeded'];
const NETWORK = /^(E[A-Z]+|ERR_TLS_\w+|CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+)$/;

/**
 * An `ObjectStoreError` that says the operation and S3's code. The text and the fields of the client's error
 * stay behind: what S3 says of a wrong signature repeats the signed request.
 */
export function s3Error(operation: string, error: unknown): ObjectStoreError {
  const { code, name, message = '' } = error as { code?: unknown; name?: string; message?: string };
  const status = /Retryable HTTP status: (\d{3})/.exec(message)?.[1];
  if (name === 'TimeoutError' || name === 'AbortError') {
    return new ObjectStoreError('timeout', `s3 objects: ${operation}: no complete answer in time`);
  }
  if (status) return new ObjectStoreError('unavailable', `s3 objects: ${operation}: HTTP ${status}`);
  const text = typeof code === 'string' && /^[\w.]{1,60}$/.test(code) ? code : 'an answer that is not S3';
  return new ObjectStoreError(reasonOf(text), `s3 objects: ${operation}: ${text}`);
}

function reasonOf(code: string): ObjectStoreReason {
  if (MISSING.includes(code)) return 'missing';
  if (FULL.includes(code)) return 'full';
  if (code === 'SlowDown' || code === 'InternalError' || code === 'ServiceUnavailable') return 'unavailable';
  if (NETWORK.test(code)) return 'unavailable';
  return code.includes(' ') ? 'failed' : 'refused';
}
