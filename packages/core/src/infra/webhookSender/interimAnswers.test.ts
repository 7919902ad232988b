import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createAddressRules } from '../../domain/webhooks/addressRules.ts';
import { createWebhookSender } from './webhookSender.ts';

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n';
const PROCESSING = 'HTTP/1.1 102 Processing\r\n\r\n';
const NO_CONTENT = 'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n';
const BUSY = 'HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy';

/** Sends to a receiver that writes these bytes when the whole request is there. */
async function sendTo(answer: string) {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    bodies.push((await request.toArray()).join(''));
    response.socket?.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const rules = createAddressRules({ allowedCidrs: ['127.0.0.0/8'], neverEndpoints: [] });
  const sender = await createWebhookSender({ rules });
  const { port } = server.address() as AddressInfo;
  const sent = await sender
    .send({
      url: `http://127.0.0.1:${port}/hook`,
      headers: {},
      body: '{}',
      signal: new AbortController().signal,
    })
    .catch((error: Error) => error);
  expect(bodies).toEqual(['{}']);
  return sent;
}

test.each([
  ['100 Continue', CONTINUE + NO_CONTENT, 204],
  ['103 Early Hints', HINTS + NO_CONTENT, 204],
  ['several interim answers', CONTINUE + PROCESSING + HINTS + HINTS + NO_CONTENT, 204],
  ['100 Continue before a refusal', CONTINUE + BUSY, 503],
])('%s is passed over: the answer is what comes after', async (_, answer, status) => {
  expect(await sendTo(answer)).toMatchObject({ status });
});

test('the Retry-After of the answer counts, and none of an interim one', async () => {
  const early = 'HTTP/1.1 103 Early Hints\r\nRetry-After: 900\r\n\r\n';
  expect(await sendTo(early + BUSY)).toEqual({ status: 503, retryAfterSeconds: 7 });
});

test.each([
  ['a receiver that says nothing but 100 Continue', CONTINUE, 'connection'],
  [
    'another protocol (101)',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    'connection',
  ],
  ['interim answers without end', HINTS.repeat(1_000) + NO_CONTENT, 'too_large'],
])('%s is a failure', async (_, answer, code) => {
  expect(await sendTo(answer)).toMatchObject({ name: 'WebhookSendError', code });
});
