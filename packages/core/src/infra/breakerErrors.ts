/** The dependency failed too often: the call was not made. `retryAfterMs` is when a probe may go through. */
export class BreakerOpenError extends Error {
  override readonly name = 'BreakerOpenError';
  readonly breaker: string;
  readonly retryAfterMs: number;

  constructor(breaker: string, retryAfterMs: number) {
    super(`${breaker} is not called for another ${retryAfterMs} ms: it failed too often`);
    this.breaker = breaker;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The call took longer than `timeoutMs`. Its work may still be going on: a timeout cancels nothing. */
export class BreakerTimeoutError extends Error {
  override readonly name = 'BreakerTimeoutError';
  readonly breaker: string;
  readonly timeoutMs: number;

  constructor(breaker: string, timeoutMs: number) {
    super(`${breaker} did not answer within ${timeoutMs} ms`);
    this.breaker = breaker;
    this.timeoutMs = timeoutMs;
  }
}
