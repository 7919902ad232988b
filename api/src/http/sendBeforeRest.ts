import type { Request, Response } from 'express';
import { MAX_BODY_BYTES } from './readBody.ts';
import { readRest } from './readRest.ts';
import { stateOf } from './requestState.ts';

/**
 * Ends a response whose request may not have arrived as a whole. The answer goes out at once; then the rest of the body is
 * read, within bounds, before the connection is used again or closed.
 */
export async function sendBeforeRest(request: Request, response: Response, text: string): Promise<void> {
  response.set('Content-Length', String(Buffer.byteLength(text)));
  if (request.complete) return void response.end(text);
  const isShort = Number(request.get('content-length') ?? Number.NaN) <= MAX_BODY_BYTES;
  if (!isShort) response.set('Connection', 'close');
  // Of an answer without a body, write keeps the header back.
  if (request.method === 'HEAD') response.flushHeaders();
  const state = stateOf(request);
  response.write(text, (error) => {
    if (!error) state.answeredMs = performance.now();
  });
  await readRest(request);
  response.end();
  // What is left would be taken for the next request.
  if (!request.complete) request.socket.destroySoon();
}
