import { DomainError } from '@origin-stack/core/domain/domainError';
import type { Express, Request, Response } from 'express';
import type { ApiDeps } from '../wire.ts';
import { answer } from './answer.ts';
import type { AnyRoute } from './route.ts';

/** Mounts routes; a path that exists answers other methods with 405. */
export function mountRoutes(app: Express, deps: ApiDeps, routes: readonly AnyRoute[]): void {
  for (const [path, ofPath] of Map.groupBy(routes, (route) => route.path)) {
    const byMethod = new Map(ofPath.map((route) => [route.method as string, route]));
    const allowed = [...byMethod.keys(), ...(byMethod.has('GET') ? ['HEAD'] : [])].sort().join(', ');
    app.all(path.replace(/\{(\w+)\}/g, ':$1'), async (request: Request, response: Response) => {
      const route = byMethod.get(request.method === 'HEAD' ? 'GET' : request.method);
      if (!route) {
        response.set('Allow', allowed);
        throw new DomainError('method_not_allowed', `${request.method} is not allowed here; ${allowed} is.`);
      }
      await answer(deps, route, { request, response });
    });
  }
}
