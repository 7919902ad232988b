import { ERRORS, type ErrorCode, type Problem } from '@origin-stack/contract/errors';
import { DomainError } from '@origin-stack/core/domain/domainError';
import { isDatabaseAway } from '@origin-stack/core/infra/databaseErrors';

export const PROBLEM_TYPE = 'application/problem+json';

/** A problem's body (RFC 9457). */
export function problem(
  code: ErrorCode,
  more: { detail: string; requestId: string; publicUrl: string; errors?: Problem['errors'] },
): Problem {
  const { status, title } = ERRORS[code];
  return {
    type: `${more.publicUrl}/docs/errors#${code}`,
    title,
    status,
    detail: more.detail,
    instance: more.requestId,
    error: code,
    ...(more.errors ? { errors: more.errors } : {}),
  };
}

/** Whether the cause is a dependency that is away: the caller can repeat, and nobody made a mistake. */
const AWAY = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;
/** As the driver says it; knex puts the statement before it (`ROLLBACK - Client has …`). */
const AWAY_MESSAGE =
  /(^| - )(Connection terminated|timeout expired|Client (has encountered a connection error|was closed)|Knex: Timeout acquiring a connection|timeout exceeded when trying to connect|aborted$)/;

/** An error as one of the contract: what is not known becomes `internal` and says nothing. */
export function toDomainError(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  if (isAway(error)) {
    return new DomainError(
      'dependency_unavailable',
      'A part that this needs is away. Nothing is known to be written.',
      {
        retryAfterSeconds: 2,
        cause: error,
      },
    );
  }
  return new DomainError('internal', 'An unexpected error. The log has it under this request id.', {
    cause: error,
  });
}

function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  const named = [
    'DeadlineError',
    'BreakerOpenError',
    'BreakerTimeoutError',
    'KnexTimeoutError',
    'AwsKmsError',
    'VaultError',
  ].includes(error.name);
  return (
    named ||
    AWAY.test(code) ||
    isDatabaseAway(error) ||
    AWAY_MESSAGE.test(error.message) ||
    isAway(error.cause)
  );
}
