import { holdsSecret } from '@origin-stack/contract/freeText';
import { DomainError } from '@origin-stack/core/domain/domainError';
import type { RequestHandler } from 'express';

/** Fields of a caller's own text: we keep some of them, and proxies log the others. */
const FREE_TEXT = new Set([
  'idempotency-key',
  'x-correlation-id',
  'x-request-id',
  'user-agent',
  'referer',
  'from',
]);

/** Refuses a key or a secret of ours in a field that is stored, logged or passed on, without repeating it. */
export const refuseSecrets: RequestHandler = (request, _response, next) => {
  const { rawHeaders } = request;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    if (!FREE_TEXT.has(name) || !holdsSecret(rawHeaders[at + 1] ?? '')) continue;
    throw new DomainError(
      'malformed_request',
      `The header field ${name} holds what looks like a key or a secret of this service.`,
    );
  }
  next();
};
