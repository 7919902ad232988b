import { DomainError } from '@origin-stack/core/domain/domainError';
import type { RequestHandler } from 'express';

/** Node keeps the first of some repeated fields and joins others, a proxy may do otherwise: who would be believed? */
const SINGLE = new Set(['host', 'authorization', 'x-api-key', 'content-type', 'idempotency-key']);

/** Refuses a request in which a field stands twice that has one meaning, and HTTP/1.1 without Host (RFC 9112, 3.2). */
export const singleHeaders: RequestHandler = (request, _response, next) => {
  const seen = new Set<string>();
  for (const [index, text] of request.rawHeaders.entries()) {
    const name = text.toLowerCase();
    if (index % 2 !== 0 || !SINGLE.has(name)) continue;
    if (seen.has(name)) throw new DomainError('malformed_request', `The header field ${name} stands twice.`);
    seen.add(name);
  }
  if (!seen.has('host') && request.httpVersion !== '1.0') {
    throw new DomainError('malformed_request', 'The header field host is missing.');
  }
  next();
};
