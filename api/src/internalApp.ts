import type { ServiceScope } from '@origin-stack/contract/scopes';
import { DomainError } from '@origin-stack/core/domain/domainError';
import type { Express, RequestHandler } from 'express';
import { beginApp, finishApp } from './app.ts';
import { presentedKey } from './http/authenticateRequest.ts';
import { mountRoutes } from './http/mountRoutes.ts';
import { receiveAlerts } from './http/receiveAlerts.ts';
import { healthRoutes } from './routes/health/healthRoutes.ts';
import type { ApiDeps } from './wire.ts';

/** Lets service and operator keys with a scope through. */
function needs(deps: ApiDeps, scope: ServiceScope): RequestHandler {
  return (request, _response, next) => {
    const caller = deps.serviceKeys.admit(presentedKey(request));
    if (!caller) throw noServiceKey();
    if (!caller.scopes.includes(scope)) {
      throw new DomainError('insufficient_scope', `The key lacks the scope ${scope}.`);
    }
    next();
  };
}

const noServiceKey = () => new DomainError('unauthenticated', 'No valid service key was sent.');

/**
 * The internal listener: health with every component, and for service keys who they are, metrics, and Alertmanager's
 * notifications. Never published.
 */
export function buildInternalApp(deps: ApiDeps): Express {
  const app = beginApp(deps);
  mountRoutes(app, deps, healthRoutes({ detail: true }));
  app.get('/metrics', needs(deps, 'metrics:read'), async (_request, response) => {
    response.type(deps.metrics.registry.contentType).send(await deps.metrics.scrape());
  });
  app.get('/internal/whoami', (request, response) => {
    const state = deps.serviceKeys.describe(presentedKey(request));
    if (!state) throw noServiceKey();
    response.json(state);
  });
  app.post('/internal/alerts', needs(deps, 'alerts:write'), receiveAlerts(deps));
  return finishApp(app, deps);
}
