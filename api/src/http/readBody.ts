import { DomainError } from '@origin-stack/core/domain/domainError';
import { parse } from 'content-type';
import express, { type Request, type Response } from 'express';
import { parseStrictJson } from './parseStrictJson.ts';
import { StrictJsonError } from './strictJsonError.ts';

export const MAX_BODY_BYTES = 1_048_576;

/** No inflation: a compressed body can be a thousand times what was sent. */
const readRaw = express.raw({ type: () => true, limit: MAX_BODY_BYTES, inflate: false });

/** The second is the WHATWG's other name of it, which many a client sends. */
const UTF8 = ['utf-8', 'utf8'];

/** The JSON of a request's body. Throws `unsupported_media_type`, `body_too_large` and `invalid_json`. */
export async function readBody(request: Request, response: Response): Promise<unknown> {
  if (!isJson(request.get('content-type') ?? '')) {
    throw new DomainError('unsupported_media_type', 'The body must be application/json in UTF-8.');
  }
  await new Promise<void>((resolve, reject) => {
    readRaw(request, response, (error?: unknown) => (error ? reject(bodyError(error)) : resolve()));
  });
  try {
    return parseStrictJson(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error;
    throw new DomainError('invalid_json', `The body ${error.pointer || 'as a whole'} ${error.message}.`, {
      errors: [{ pointer: error.pointer, message: error.message }],
    });
  }
}

/** Parameters are read by RFC 9110, 5.6.6; those that JSON does not have mean nothing (RFC 8259, 11). */
function isJson(contentType: string): boolean {
  const { type, parameters } = parse(contentType);
  return type === 'application/json' && UTF8.includes((parameters.charset ?? 'utf-8').toLowerCase());
}

function bodyError(error: unknown): DomainError {
  const type = (error as { type?: string }).type;
  if (type === 'entity.too.large')
    return new DomainError('body_too_large', 'The body holds more than 1 MiB.');
  if (type === 'encoding.unsupported') {
    return new DomainError('unsupported_media_type', 'The body must not be encoded.');
  }
  if (type === 'request.aborted' || type === 'request.size.invalid') {
    return new DomainError('invalid_json', 'The body ended before its announced length.');
  }
  return new DomainError('internal', 'The body could not be read.', { cause: error });
}
