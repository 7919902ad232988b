import { DomainError } from '@origin-stack/core/domain/domainError';
import express, { type Express } from 'express';
import helmet from 'helmet';
import { handleError } from './http/handleError.ts';
import { limitHeaders } from './http/limitHeaders.ts';
import { logRequest } from './http/logRequest.ts';
import { mountRoutes } from './http/mountRoutes.ts';
import { openapi } from './http/openapi.ts';
import { refuseCodings } from './http/refuseCodings.ts';
import { refuseSecrets } from './http/refuseSecrets.ts';
import { serveObjects } from './http/serveObjects.ts';
import { singleHeaders } from './http/singleHeaders.ts';
import { apiPage, errorsPage } from './pages/apiPage.ts';
import { ROUTES } from './routes/index.ts';
import type { ApiDeps } from './wire.ts';

const SECURITY_HEADERS = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: ["'unsafe-inline'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
    },
  },
  xFrameOptions: { action: 'deny' as const },
};

/** An express application with what every listener needs; routes come between this and {@link finish}. */
export function beginApp(deps: ApiDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('case sensitive routing', true);
  app.set('query parser', 'simple');
  app.set('trust proxy', deps.settings.TRUSTED_PROXIES);
  app.use(logRequest(deps));
  app.use(helmet(SECURITY_HEADERS));
  app.use(limitHeaders, singleHeaders, refuseSecrets, refuseCodings);
  app.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  return app;
}

/** What no route took, and every error. */
export function finishApp(app: Express, deps: ApiDeps): Express {
  app.use(() => {
    throw new DomainError('not_found', 'There is no such path.');
  });
  app.use(handleError(deps));
  return app;
}

/** The public listener. */
export function buildApp(deps: ApiDeps): Express {
  const app = beginApp(deps);
  const document = openapi(ROUTES, { publicUrl: deps.settings.PUBLIC_URL, version: deps.version });
  const pages = { '/docs': apiPage(ROUTES, deps.version), '/docs/errors': errorsPage() };
  app.get('/openapi.json', (_request, response) => void response.json(document));
  for (const [path, page] of Object.entries(pages)) {
    app.get(path, (_request, response) => void response.type('html').send(page));
  }
  serveObjects(app, deps);
  mountRoutes(app, deps, ROUTES);
  return finishApp(app, deps);
}
