import { DomainError } from '@origin-stack/core/domain/domainError';
import type { RequestHandler } from 'express';

/**
 * Refuses a transfer coding beside `chunked` (RFC 9112, 6.1): the parser takes any list that ends in it, and gives what is
 * still compressed for the body. A list that ends otherwise it refuses itself, behind this event, with the one answer
 * that there may be.
 */
export const refuseCodings: RequestHandler = (request, _response, next) => {
  const codings = request.headers['transfer-encoding']?.split(',').map((one) => one.trim().toLowerCase());
  if (codings === undefined) return next();
  if (codings.at(-1) !== 'chunked') return;
  if (codings.length === 1) return next();
  throw new DomainError('coding_not_implemented', 'A body may be sent in chunks, and in no other coding.');
};
