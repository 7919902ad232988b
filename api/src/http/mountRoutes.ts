import { DomainError } from '@origin-stack/core/domain/domainError';
import type { Express, Request, Response } from 'express';
import type { ApiDeps } from '../wire.ts';
import { answer } from './answer.ts';
import { answerPreflight, openToPages } from './forPages.ts';
import type { AnyRoute } from './route.ts';

/** Mounts routes; a path that exists answers other methods with 405. */
export function mountRoutes(app: Express, deps: ApiDeps, routes: readonly AnyRoute[]): void {
  for (const [path, ofPath] of Map.groupBy(routes, (route) => route.path)) {
    const byMethod = new Map(ofPath.map((route) => [route.method as string, route]));
    const more = byMethod.has('GET') ? ['HEAD'] : [];
    if (byMethod.get('GET')?.forPages) more.push('OPTIONS');
    const allowed = [...byMethod.keys(), ...more].sort().join(', ');
    app.all(path.replace(/\{(\w+)\}/g, ':$1'), async (request: Request, response: Response) => {
      const route = byMethod.get(request.method === 'HEAD' ? 'GET' : request.method);
      const pages = byMethod.get('GET')?.forPages;
      if (pages) openToPages(response);
      if (pages && request.method === 'OPTIONS') return void answerPreflight(response);
      if (!route) {
        response.set('Allow', allowed);
        throw new DomainError('method_not_allowed', `${request.method} is not allowed here; ${allowed} is.`);
      }
      await answer(deps, route, { request, response });
    });
  }
}
