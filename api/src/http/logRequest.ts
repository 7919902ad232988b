import type { RequestHandler } from 'express';
import type { ApiDeps } from '../wire.ts';
import { openState } from './requestState.ts';

const QUIET = /^\/(health|ready|metrics)/;

/** Opens the request's state, and when it is answered counts it and logs one line: no body, no header, no query. */
export function logRequest(deps: ApiDeps): RequestHandler {
  return (request, response, next) => {
    const state = openState(request, response, deps.ids);
    response.on('close', () => {
      const seconds = ((state.answeredMs ?? performance.now()) - state.startedMs) / 1000;
      const labels = { method: request.method, route: state.route };
      const isAnswered = response.writableFinished || state.answeredMs !== undefined;
      const status = isAnswered ? response.statusCode : 499;
      deps.metrics.count('http_requests_total', { ...labels, status: String(status) });
      deps.metrics.observe('http_request_duration_seconds', labels, seconds);
      const fields = {
        request_id: state.requestId,
        correlation_id: state.correlationId,
        ...labels,
        status,
        duration_ms: Math.round(seconds * 10_000) / 10,
        address: request.ip,
        ...(state.actor ? { tenant_id: state.actor.tenantId, key_prefix: state.actor.keyPrefix } : {}),
        ...state.facts,
      };
      if (QUIET.test(request.path)) deps.log.debug(fields, 'request');
      else deps.log.info(fields, 'request');
    });
    next();
  };
}
