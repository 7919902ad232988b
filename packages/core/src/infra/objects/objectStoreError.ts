export type ObjectStoreReason =
  | 'invalid'
  | 'missing'
  | 'refused'
  | 'full'
  | 'timeout'
  | 'unavailable'
  | 'failed';

/**
 * What went wrong with an object. `missing`: no such object or bucket; `refused`: the store said no; `full`: no
 * space left; `timeout` and `unavailable`: the store is away. The message holds no credential, and there is no
 * cause: a client's error may carry the signed request.
 */
export class ObjectStoreError extends Error {
  override readonly name = 'ObjectStoreError';
  readonly reason: ObjectStoreReason;

  constructor(reason: ObjectStoreReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Whether an error means that the store is away, for a breaker: what it refuses or has not is an answer. */
export function isObjectStoreAway(error: unknown): boolean {
  return error instanceof ObjectStoreError && ['unavailable', 'timeout'].includes(error.reason);
}
