import { DomainError } from '@origin-stack/core/domain/domainError';
import type { z } from 'zod';
import { validate } from './validate.ts';

/**
 * The parsed query. A number must stand in plain decimals: what `1e2`, `0x10` and ` 5` mean differs from tool to tool.
 * Throws `validation_failed`.
 */
export function validateQuery<S extends z.ZodType>(
  schema: S,
  query: Readonly<Record<string, unknown>>,
): z.output<S> {
  const parsed = validate(schema, query);
  const errors = Object.entries(Object(parsed))
    .filter(
      ([name, value]) => typeof value === 'number' && ![undefined, String(value)].includes(text(query[name])),
    )
    .map(([name]) => ({ pointer: `/${name}`, message: 'must be a plain decimal number' }));
  if (errors.length === 0) return parsed;
  throw new DomainError('validation_failed', 'The request does not match its schema.', { errors });
}

const text = (value: unknown): string | undefined => (value === undefined ? undefined : String(value));
