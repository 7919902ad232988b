import { z } from 'zod';

interface ErrorEntry {
  status: number;
  title: string;
  /** What the caller did, and what helps: the text of the error's page. */
  help: string;
}

/** Every error the API answers with: the code is stable, the texts may improve. */
export const ERRORS = {
  invalid_json: {
    status: 400,
    title: 'The body is not acceptable JSON',
    help: 'The body must be one JSON value in UTF-8 without duplicate members, integers beyond 2^53-1, lone surrogates, a member called `__proto__`, or more than 64 levels. `errors` points at the place.',
  },
  validation_failed: {
    status: 400,
    title: 'The request does not match its schema',
    help: 'Each entry of `errors` has a JSON Pointer and says what was expected. Unknown fields are refused on writes.',
  },
  malformed_request: {
    status: 400,
    title: 'The request is not HTTP',
    help: 'The request line or a header field is malformed, `Host` is missing, a field that may stand once is repeated, or a field such as `X-Correlation-Id` holds an API key or a webhook secret, which would be stored or logged there.',
  },
  unauthenticated: {
    status: 401,
    title: 'No valid API key',
    help: 'Send a key as `Authorization: Bearer` or `X-API-Key`. Unknown, mistyped, revoked and expired keys are answered alike.',
  },
  insufficient_scope: {
    status: 403,
    title: 'The key lacks a scope',
    help: 'The route needs a scope that this key was not given. `detail` names it. Make a key that has it.',
  },
  address_not_allowed: {
    status: 403,
    title: 'The client address is not on the allowlist',
    help: 'The tenant admits only the networks that were set with `./stack tenant allow`.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    help: 'There is no such thing, or it is not yours to know of.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    help: 'The path exists, the method does not. `Allow` lists what does.',
  },
  request_timeout: {
    status: 408,
    title: 'The request did not arrive in time',
    help: 'The header fields must arrive within 10 seconds and the whole request within 30.',
  },
  external_id_conflict: {
    status: 409,
    title: 'The external id was used with another body',
    help: 'An external id names one upload for ever. Send the same body to get the first reply again, or choose another external id.',
  },
  idempotency_conflict: {
    status: 409,
    title: 'The Idempotency-Key was used for another request',
    help: 'A key is bound to method, path and body for 24 hours. Choose a new key for a new request.',
  },
  idempotency_in_flight: {
    status: 409,
    title: 'The same request is being worked on',
    help: 'Wait for as long as `Retry-After` says and repeat it: the first reply will be given.',
  },
  pack_not_ready: {
    status: 409,
    title: 'The evidence pack is not ready',
    help: 'Ask for its status until it is `ready`. A pack that `failed` says why and can be asked for anew.',
  },
  delivery_in_flight: {
    status: 409,
    title: 'The delivery is still being tried',
    help: 'Only a delivery that has ended, delivered or dead, can be replayed.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    help: 'A body holds at most 1 MiB. Send the SHA-256 of larger content in place of the content.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The content type is not supported',
    help: 'Send `Content-Type: application/json`, in UTF-8 and without a content encoding.',
  },
  unprocessable: {
    status: 422,
    title: 'The request is well formed but cannot be carried out',
    help: '`detail` says why: a reference that does not exist, or values that contradict each other. `errors` points at the place where there is one.',
  },
  url_refused: {
    status: 422,
    title: 'The webhook URL is refused',
    help: 'A webhook must be an https or http URL of a public host without user information. An operator can admit his own networks with `WEBHOOK_ALLOWED_CIDRS`.',
  },
  headers_too_large: {
    status: 431,
    title: 'The request header is too large',
    help: 'All header fields together may hold 16 KiB and number 100.',
  },
  internal: {
    status: 500,
    title: 'Something failed on our side',
    help: 'Give the request id in `instance` to your operator, whose log explains it.',
  },
  coding_not_implemented: {
    status: 501,
    title: 'The transfer coding is not implemented',
    help: 'Send the body with a `Content-Length`, or with `Transfer-Encoding: chunked` and no other coding.',
  },
  dependency_unavailable: {
    status: 503,
    title: 'A part that this needs is away',
    help: 'Repeat the request after `Retry-After`. An ingest can always be repeated: its external id makes it one. Of another POST it is not known whether it was carried out: look, before you repeat it.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

const codes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

/** RFC 9457 `application/problem+json`. */
export const Problem = z.strictObject({
  type: z.string().describe("The error's page"),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string(),
  instance: z.string().describe('The request id'),
  error: z.enum(codes),
  errors: z
    .array(z.strictObject({ pointer: z.string().describe('JSON Pointer (RFC 6901)'), message: z.string() }))
    .optional(),
});

export type Problem = z.infer<typeof Problem>;
