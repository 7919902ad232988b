import type { Response } from 'express';

/** For how long a browser need not ask again whether it may ask. */
const PREFLIGHT_SECONDS = 86_400;
/** What was once true of public keys stays so: a cache may go on with it while we are away. */
const STALE_SECONDS = 86_400;

/** Lets pages of every origin read the reply, errors too (Fetch standard, CORS and CORP). It must be the same for everybody. */
export function openToPages(response: Response): void {
  response.set({
    'Access-Control-Allow-Origin': '*',
    'Cross-Origin-Resource-Policy': 'cross-origin',
  });
}

/** Lets caches keep a reply (RFC 9111, RFC 5861). */
export function keepForAWhile(response: Response, { maxAgeSeconds }: { maxAgeSeconds: number }): void {
  response.set('Cache-Control', `public, max-age=${maxAgeSeconds}, stale-if-error=${STALE_SECONDS}`);
}

/** Answers a browser that asks whether its page may ask. */
export function answerPreflight(response: Response): void {
  response.set({
    'Access-Control-Allow-Methods': 'GET, HEAD',
    'Access-Control-Allow-Headers': '*',
    'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
  });
  response.status(204).end();
}
