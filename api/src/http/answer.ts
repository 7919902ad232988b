import { DomainError } from '@origin-stack/core/domain/domainError';
import { once } from '@origin-stack/core/domain/idempotency/once';
import type { KeyActor } from '@origin-stack/core/domain/ports';
import { canonicalJson } from '@origin-stack/sdk/canonicalJson';
import type { JsonValue } from '@origin-stack/sdk/jsonValue';
import type { Request, Response } from 'express';
import type { ApiDeps } from '../wire.ts';
import { authenticateRequest } from './authenticateRequest.ts';
import { keepForAWhile } from './forPages.ts';
import { readBody } from './readBody.ts';
import { stateOf } from './requestState.ts';
import type { AnyRoute } from './route.ts';
import { sendBeforeRest } from './sendBeforeRest.ts';
import { validate } from './validate.ts';
import { validateQuery } from './validateQuery.ts';

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** Answers one request by its route: who, what, once, and the reply. Throws what the error handler turns into a problem. */
export async function answer(
  deps: ApiDeps,
  route: AnyRoute,
  { request, response }: { request: Request; response: Response },
): Promise<void> {
  const state = stateOf(request);
  state.route = route.path;
  const actor = await authenticateRequest(deps, request, {
    access: route.access,
    correlationId: state.correlationId,
  });
  state.actor = actor;
  const call = {
    deps,
    actor,
    params: route.params && validateParams(route, request),
    query: route.query && validateQuery(route.query, request.query),
    body: route.body && validate(route.body, await readBody(request, response)),
  };
  const run = () => route.handler(call);
  const reply = actor ? await runOnce({ deps, route, request, actor, body: call.body }, run) : await run();
  if ('repeated' in reply && reply.repeated) response.set('Idempotency-Replayed', 'true');
  state.facts = factsOf(reply.body);
  if (route.forPages) keepForAWhile(response, route.forPages);
  response.status(reply.status);
  if (reply.body === null) response.end();
  else if (request.complete) response.json(reply.body);
  // A route that takes no body was sent one.
  else await sendBeforeRest(request, response.type('json'), JSON.stringify(reply.body));
}

/** A malformed id names nothing: 404, as any other that does not exist. */
function validateParams(route: AnyRoute, request: Request): unknown {
  const result = route.params?.safeParse(request.params);
  if (!result?.success) throw new DomainError('not_found', 'There is no such thing.');
  return result.data;
}

interface OnceInput {
  deps: ApiDeps;
  route: AnyRoute;
  request: Request;
  actor: KeyActor;
  body: unknown;
}

async function runOnce(input: OnceInput, run: () => Promise<{ status: number; body: unknown }>) {
  const { deps, route, request, actor } = input;
  const key = request.get('idempotency-key');
  if (route.method !== 'POST' || key === undefined) return run();
  if (!IDEMPOTENCY_KEY.test(key)) {
    throw new DomainError('validation_failed', 'Idempotency-Key must be 1 to 255 visible ASCII characters.');
  }
  const text = `${route.method}\n${request.path}\n${canonicalJson((input.body ?? null) as JsonValue)}`;
  const secrets = new Set(route.secrets);
  const redact = (body: unknown) =>
    Object.fromEntries(
      Object.entries(Object(body)).map(([name, value]) => [name, secrets.has(name) ? null : value]),
    );
  const ids = { tenantId: actor.tenantId, credentialId: actor.id, key };
  return once(deps, { ...ids, requestMac: deps.keyring.requests.mac(text), redact }, run);
}

const LOGGED = ['upload_id', 'certificate_id', 'decision', 'id', 'delivery_id', 'event_id'];

/** Ids in a reply that its log line carries. */
function factsOf(body: unknown): Record<string, string> {
  const entries = Object.entries(Object(body)).filter(
    (entry): entry is [string, string] => LOGGED.includes(entry[0]) && typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}
