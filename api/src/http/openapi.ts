import { ERRORS, type ErrorCode, Problem } from '@origin-stack/contract/errors';
import { z } from 'zod';
import { PROBLEM_TYPE } from './problem.ts';
import type { AnyRoute } from './route.ts';

type Json = Record<string, unknown>;

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { target: 'draft-2020-12', io }) as Json;
  return json;
};

/** The errors that a route can give, beside its own. */
export function errorsOf(route: AnyRoute): ErrorCode[] {
  const codes = new Set<ErrorCode>([
    'internal',
    'dependency_unavailable',
    'headers_too_large',
    'malformed_request',
    'coding_not_implemented',
    ...route.errors,
  ]);
  if (!('public' in route.access)) codes.add('unauthenticated').add('address_not_allowed');
  if ('scope' in route.access) codes.add('insufficient_scope');
  if (route.params) codes.add('not_found');
  if (route.query || route.body || route.method === 'POST') codes.add('validation_failed');
  if (route.body) codes.add('invalid_json').add('body_too_large').add('unsupported_media_type');
  if (route.method === 'POST') codes.add('idempotency_conflict').add('idempotency_in_flight');
  return [...codes].sort();
}

function parametersOf(route: AnyRoute): Json[] {
  const parameters: Json[] = [];
  for (const [place, schema] of [
    ['path', route.params],
    ['query', route.query],
  ] as const) {
    if (!schema) continue;
    const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
      properties?: Record<string, Json>;
      required?: string[];
    };
    for (const [name, property] of Object.entries(properties)) {
      parameters.push({ name, in: place, required: required.includes(name), schema: property });
    }
  }
  if (route.method === 'POST') {
    parameters.push({
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description: 'Honoured for 24 hours: the same request gets the first reply',
      schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
    });
  }
  return parameters;
}

function responsesOf(route: AnyRoute): Json {
  const headers = { 'X-Request-Id': { schema: { type: 'string' } } };
  const replies = Object.entries(route.replies).map(([status, schema]) => [
    status,
    {
      description: status === '204' ? 'Done' : 'The reply',
      headers,
      ...(schema ? { content: { 'application/json': { schema: schemaOf(schema, 'output') } } } : {}),
    },
  ]);
  const byStatus = Map.groupBy(errorsOf(route), (code) => ERRORS[code].status);
  const problems = [...byStatus].map(([status, codes]) => [
    String(status),
    {
      description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('. '),
      headers,
      content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ]);
  return Object.fromEntries([...replies, ...problems]);
}

function operationOf(route: AnyRoute): Json {
  const security = 'public' in route.access ? [] : [{ bearer: [] }, { apiKey: [] }];
  return {
    operationId: route.name,
    tags: [tagOf(route)],
    summary: route.summary,
    ...('scope' in route.access ? { description: `Needs the scope \`${route.access.scope}\`.` } : {}),
    ...('public' in route.access ? { description: `Public: ${route.access.public}.` } : {}),
    security,
    parameters: parametersOf(route),
    ...(route.body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemaOf(route.body, 'input') } },
          },
        }
      : {}),
    responses: responsesOf(route),
  };
}

/** The part of the API that a route belongs to. */
export const tagOf = (route: AnyRoute): string =>
  route.path.split('/').filter((part) => part !== 'v1')[1] ?? 'api';

/** OpenAPI 3.1 from the route declarations. */
export function openapi(routes: readonly AnyRoute[], options: { publicUrl: string; version: string }): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Origin Stack',
      version: options.version,
      description: 'Decides on content and machine output, and proves each decision.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: options.publicUrl }],
    paths,
    components: {
      schemas: { Problem: schemaOf(Problem, 'output') },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
  };
}
