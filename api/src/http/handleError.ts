import { ERRORS } from '@origin-stack/contract/errors';
import { DomainError } from '@origin-stack/core/domain/domainError';
import { describeError } from '@origin-stack/core/infra/log';
import type { ErrorRequestHandler } from 'express';
import type { ApiDeps } from '../wire.ts';
import { PROBLEM_TYPE, problem, toDomainError } from './problem.ts';
import { stateOf } from './requestState.ts';
import { sendBeforeRest } from './sendBeforeRest.ts';

/** Turns every error into a problem; what is not known is logged under the request's id and not told. */
export function handleError(deps: ApiDeps): ErrorRequestHandler {
  return (thrown, request, response, next) => {
    const state = stateOf(request);
    const error = toDomainError(malformedUrl(thrown));
    const fields = { request_id: state.requestId, correlation_id: state.correlationId, route: state.route };
    if (error.code === 'internal') {
      deps.log.error({ ...fields, err: describeError(thrown) }, 'a request failed');
    } else if (error.code === 'dependency_unavailable') {
      deps.log.warn({ ...fields, err: describeError(error) }, 'a request met a part that is away');
    }
    if (response.headersSent) return next(thrown);
    if (error.retryAfterSeconds !== undefined) response.set('Retry-After', String(error.retryAfterSeconds));
    if (error.code === 'unauthenticated') response.set('WWW-Authenticate', 'Bearer realm="origin-stack"');
    const body = problem(error.code, {
      detail: error.message,
      requestId: state.requestId,
      publicUrl: deps.settings.PUBLIC_URL,
      errors: error.errors,
    });
    response.status(ERRORS[error.code].status).type(PROBLEM_TYPE);
    return sendBeforeRest(request, response, JSON.stringify(body));
  };
}

/** express throws a URIError for a path such as `/v1/uploads/%ff`: it names nothing. */
function malformedUrl(thrown: unknown): unknown {
  if (!(thrown instanceof URIError)) return thrown;
  return new DomainError('not_found', 'There is no such path.');
}
