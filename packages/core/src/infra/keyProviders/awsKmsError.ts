/**
 * A call of AWS KMS that failed: its operation, AWS's error code and HTTP status. AWS's own text stays behind,
 * and there is no cause: what KMS says of a wrong signature repeats the request with its session token.
 */
export class AwsKmsError extends Error {
  override readonly name = 'AwsKmsError';
  readonly operation: string;
  readonly code: string;
  /** HTTP status, 0 where there was no answer. */
  readonly status: number;

  constructor(failure: { operation: string; code: string; status: number }) {
    const { operation, code, status } = failure;
    super(`aws_kms ${operation}: ${code}${status ? ` (HTTP ${status})` : ''}`);
    this.operation = operation;
    this.code = code;
    this.status = status;
  }
}

/** Whether an error means that KMS is away, for a breaker: what it refuses (4xx, throttling too) is an answer. */
export function isAwsKmsAway(error: unknown): boolean {
  return error instanceof AwsKmsError && (error.status === 0 || error.status >= 500);
}

/** Makes an `AwsKmsError` of what the SDK threw. */
export function awsKmsError(operation: string, error: unknown): AwsKmsError {
  if (error instanceof AwsKmsError) return error;
  const { name, code, $metadata } = error as {
    name?: string;
    code?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  const isTimeout = name === 'TimeoutError' || name === 'AbortError';
  const text = isTimeout ? 'Timeout' : typeof code === 'string' ? code : name;
  const isCode = text !== undefined && /^\w{1,80}$/.test(text);
  return new AwsKmsError({
    operation,
    code: isCode ? text : 'unknown',
    status: $metadata?.httpStatusCode ?? 0,
  });
}
