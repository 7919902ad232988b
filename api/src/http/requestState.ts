import { holdsSecret } from '@origin-stack/contract/freeText';
import { CorrelationId } from '@origin-stack/contract/primitives';
import type { Ids, KeyActor } from '@origin-stack/core/domain/ports';
import type { Request, Response } from 'express';

/** What is known of a request while it is answered. */
export interface RequestState {
  requestId: string;
  correlationId: string;
  /** The route's path with its parameters in braces. */
  route: string;
  actor: KeyActor | null;
  startedMs: number;
  /** When the whole answer was out, where the end of the response still waits for the rest of the request. */
  answeredMs?: number;
  /** Ids of what was made, for the log. */
  facts: Record<string, string>;
}

const states = new WeakMap<Request, RequestState>();

/** Gives a request its ids and says them in the reply; a caller's correlation id is kept where it has the form. */
export function openState(request: Request, response: Response, ids: Ids): RequestState {
  const given = CorrelationId.safeParse(request.get('x-correlation-id'));
  const requestId = ids.next();
  const state: RequestState = {
    requestId,
    correlationId: given.success && !holdsSecret(given.data) ? given.data : requestId,
    route: 'none',
    actor: null,
    startedMs: performance.now(),
    facts: {},
  };
  states.set(request, state);
  response.set('X-Request-Id', requestId);
  response.set('X-Correlation-Id', state.correlationId);
  return state;
}

export function stateOf(request: Request): RequestState {
  const state = states.get(request);
  if (!state) throw new Error('the request has no state');
  return state;
}
