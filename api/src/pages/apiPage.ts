import { ERRORS } from '@origin-stack/contract/errors';
import { z } from 'zod';
import { errorsOf, tagOf } from '../http/openapi.ts';
import type { AnyRoute } from '../http/route.ts';
import { escapeHtml, htmlPage, withCode } from './html.ts';
import { outline } from './outline.ts';

const method = (name: string) => `<span class="method ${name}">${name}</span>`;

function access(route: AnyRoute): string {
  if ('scope' in route.access) return `Needs a key with the scope <code>${route.access.scope}</code>.`;
  if ('public' in route.access) return `Public: ${escapeHtml(route.access.public)}.`;
  return `Needs any good key: ${escapeHtml(route.access.anyKey)}.`;
}

const block = (title: string, schema: z.ZodType, io: 'input' | 'output') =>
  `<h3>${title}</h3><pre><code>${escapeHtml(outline(z.toJSONSchema(schema, { io }) as object))}</code></pre>`;

function replies(route: AnyRoute): string {
  const byShape = Map.groupBy(Object.entries(route.replies), ([, schema]) => schema);
  return [...byShape]
    .map(([schema, entries]) => {
      const statuses = entries.map(([status]) => status).join(' or ');
      return schema
        ? block(`Reply ${statuses}`, schema, 'output')
        : `<h3>Reply ${statuses}</h3><p>No body.</p>`;
    })
    .join('');
}

function errors(route: AnyRoute): string {
  const links = errorsOf(route).map(
    (code) => `<a href="/docs/errors#${code}"><code>${code}</code></a> ${ERRORS[code].status}`,
  );
  return `<p class="dim">Errors: ${links.join(', ')}</p>`;
}

function section(route: AnyRoute): string {
  return `<section id="${route.name}"><h2 class="route">${method(route.method)} <code>${escapeHtml(route.path)}</code></h2>
    <p>${escapeHtml(route.summary)}.</p><p class="dim">${access(route)}</p>
    ${route.query ? block('Query', route.query, 'input') : ''}${route.body ? block('Body', route.body, 'input') : ''}
    ${replies(route)}${errors(route)}</section>`;
}

/** The API as a readable page, made from the same declarations as /openapi.json. */
export function apiPage(routes: readonly AnyRoute[], version: string): string {
  const groups = Map.groupBy(routes, tagOf);
  const nav = [...groups].map(
    ([tag, ofTag]) =>
      `<h2>${escapeHtml(tag)}</h2>${ofTag.map((route) => `<a href="#${route.name}">${escapeHtml(route.method)} ${escapeHtml(route.path.replace('/v1', ''))}</a>`).join('')}`,
  );
  const intro = `<h1>Origin Stack API</h1><p class="dim">Version ${escapeHtml(version)} · <a href="/openapi.json">openapi.json</a> · <a href="/docs/errors">errors</a></p>
    <p>Send a key as <code>Authorization: Bearer ok_live_…</code> or <code>X-API-Key</code>. Bodies are JSON of at most 1 MiB; unknown fields,
    duplicate members and integers beyond 2<sup>53</sup>−1 are refused. Ids are UUIDv7, times RFC 3339 in UTC with microseconds.
    A <code>POST</code> with an <code>Idempotency-Key</code> is carried out once. Lists give <code>items</code> and <code>next_cursor</code>.</p>`;
  return htmlPage({
    title: 'Origin Stack API',
    nav: nav.join(''),
    main: intro + routes.map(section).join(''),
  });
}

/** The page that a problem's `type` points to. */
export function errorsPage(): string {
  const entries = Object.entries(ERRORS);
  const nav = `<a href="/docs">← API</a><h2>errors</h2>${entries.map(([code]) => `<a href="#${code}">${code}</a>`).join('')}`;
  const main = entries.map(
    ([code, { status, title, help }]) =>
      `<section id="${code}"><h2><code>${code}</code> <span class="dim">${status}</span></h2><p><b>${escapeHtml(title)}.</b></p><p>${withCode(help)}</p></section>`,
  );
  return htmlPage({ title: 'Origin Stack errors', nav, main: `<h1>Errors</h1>${main.join('')}` });
}
