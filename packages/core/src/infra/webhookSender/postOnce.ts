import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { WebhookSendError } from '../../domain/webhooks/deliveryPorts.ts';

/** How often a receiver may answer that an answer will come (1xx; RFC 9110, section 15.2). */
const MAX_INTERIM_ANSWERS = 16;
const MAX_HEADER_BYTES = 16_384;

export interface Post {
  url: URL;
  headers: Record<string, string>;
  /** Sent as these UTF-8 bytes. */
  body: string;
  /** Where it goes; this post is all that it carries. */
  socket: Socket;
  signal: AbortSignal;
}

/** Sends one POST and gives the final answer, whose body is still to be read. Interim answers are passed over. */
export function postOnce({ url, headers, body, socket, signal }: Post): Promise<IncomingMessage> {
  const { request: begin } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const request = begin(url, {
      method: 'POST',
      headers: { ...headers, connection: 'close', 'content-length': Buffer.byteLength(body) },
      createConnection: () => socket,
      maxHeaderSize: MAX_HEADER_BYTES,
      signal,
    });
    let interim = 0;
    request.on('information', () => {
      interim += 1;
      if (interim <= MAX_INTERIM_ANSWERS) return;
      // What follows in the same packet is read before the end of the request is told.
      reject(new WebhookSendError('too_large', 'the endpoint answers with 1xx again and again'));
      request.destroy();
    });
    request.on('upgrade', () => {
      reject(new WebhookSendError('connection', 'the endpoint answers in another protocol'));
      request.destroy();
    });
    request.on('response', resolve);
    // After the answer it says nothing more: the reader of the body hears of it.
    request.on('error', reject);
    request.on('close', () => reject(new WebhookSendError('connection', 'the connection ended')));
    request.end(body);
  });
}
