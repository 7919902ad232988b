import { DomainError } from '@origin-stack/core/domain/domainError';
import type { RequestHandler } from 'express';

const MAX_HEADERS = 100;

/** At most 100 header fields; their size in all is bounded by the server. */
export const limitHeaders: RequestHandler = (request, _response, next) => {
  if (request.rawHeaders.length / 2 > MAX_HEADERS) {
    throw new DomainError('headers_too_large', `The request has more than ${MAX_HEADERS} header fields.`);
  }
  next();
};
