import type { ServiceScope } from '@origin-stack/contract/scopes';
import { DomainError } from '@origin-stack/core/domain/domainError';
import { recogniseServiceKey } from '@origin-stack/core/domain/keys/serviceKeys';
import type { Express, RequestHandler } from 'express';
import { beginApp, finishApp } from './app.ts';
import { presentedKey } from './http/authenticateRequest.ts';
import { mountRoutes } from './http/mountRoutes.ts';
import { healthRoutes } from './routes/health/healthRoutes.ts';
import type { ApiDeps } from './wire.ts';

/** Lets service and operator keys with a scope through. */
function needs(deps: ApiDeps, scope: ServiceScope): RequestHandler {
  return (request, _response, next) => {
    const presented = presentedKey(request);
    const caller = presented && recogniseServiceKey(deps.serviceKeys(), presented, deps.clock.epochMs());
    if (!caller) throw new DomainError('unauthenticated', 'No valid service key was sent.');
    if (!caller.scopes.includes(scope)) {
      throw new DomainError('insufficient_scope', `The key lacks the scope ${scope}.`);
    }
    next();
  };
}

/** The internal listener: metrics, and health with every component. Never published. */
export function buildInternalApp(deps: ApiDeps): Express {
  const app = beginApp(deps);
  mountRoutes(app, deps, healthRoutes({ detail: true }));
  app.get('/metrics', needs(deps, 'metrics:read'), async (_request, response) => {
    response.type(deps.metrics.registry.contentType).send(await deps.metrics.scrape());
  });
  return finishApp(app, deps);
}
