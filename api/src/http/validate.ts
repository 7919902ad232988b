import { DomainError } from '@origin-stack/core/domain/domainError';
import type { z } from 'zod';
import { fieldErrors } from './fieldErrors.ts';

const MAX_ERRORS = 20;

/** The parsed value, or `validation_failed` with a JSON Pointer for each problem, at most 20. */
export function validate<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = fieldErrors(result.error.issues, value).slice(0, MAX_ERRORS);
  throw new DomainError('validation_failed', 'The request does not match its schema.', { errors });
}
