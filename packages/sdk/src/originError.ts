import type { ErrorCode, Problem } from '@origin-stack/contract/errors';

/** A code of the service, or what went wrong on the way to it. Later releases may answer with further codes. */
export type OriginErrorCode =
  | ErrorCode
  | 'network_error'
  | 'timeout'
  | 'unexpected_reply'
  | 'pack_failed'
  | 'artifact_changed'
  | (string & {});

/** What is known of a failed call. */
export type OriginErrorFacts = {
  code: OriginErrorCode;
  message: string;
  status?: number | undefined;
  requestId?: string | undefined;
  retryAfterSeconds?: number | undefined;
  problem?: Problem | undefined;
  cause?: unknown;
};

/**
 * Thrown by every method of `OriginClient`. `code` is stable; `status` is the HTTP status and `requestId`
 * what the operator's log explains, where there was a reply; `problem` is its body (RFC 9457), with a JSON
 * Pointer for each refused field. Nothing here holds the API key.
 */
export class OriginError extends Error {
  override readonly name = 'OriginError';
  readonly code: OriginErrorCode;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly problem: Problem | undefined;

  constructor({ code, message, cause, ...facts }: OriginErrorFacts) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = facts.status;
    this.requestId = facts.requestId;
    this.retryAfterSeconds = facts.retryAfterSeconds;
    this.problem = facts.problem;
  }
}
