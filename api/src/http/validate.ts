import type { FieldError } from '@origin-stack/core/domain/domainError';
import { DomainError } from '@origin-stack/core/domain/domainError';
import type { z } from 'zod';

const escapePointer = (part: PropertyKey) => `/${String(part).replace(/~/g, '~0').replace(/\//g, '~1')}`;

/** The parsed value, or `validation_failed` with a JSON Pointer for each problem, at most 20. */
export function validate<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues
    .flatMap((issue): FieldError[] => {
      const pointer = issue.path.map(escapePointer).join('');
      if (issue.code !== 'unrecognized_keys') return [{ pointer, message: issue.message }];
      return issue.keys.map((key) => ({
        pointer: pointer + escapePointer(key),
        message: 'is not a known field',
      }));
    })
    .slice(0, 20);
  throw new DomainError('validation_failed', 'The request does not match its schema.', { errors });
}
