import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { authorityOf } from '@origin-stack/core/infra/hosts';
import { verifyWebhook, type WebhookEvent } from '@origin-stack/sdk';
import { createInbox, type Inbox } from './inbox.ts';

/** A webhook receiver that keeps what it verified. */
export interface WebhookReceiver extends AsyncDisposable {
  url: string;
  /** The secret that deliveries are verified with from now on. */
  trust(secret: string): void;
  /** The first verified event that fits; rejects where none came in time, and says what was refused. */
  waitFor: Inbox['waitFor'];
}

export interface ReceiverOptions {
  /** The address to listen on; loopback where unset. */
  host?: string;
  onEvent?: (event: WebhookEvent) => void;
  onRefused?: (why: string) => void;
}

const MAX_BODY_BYTES = 1_048_576;

/** Listens on a free port. It answers 2xx only to what the SDK verifies. */
export async function startWebhookReceiver(options: ReceiverOptions = {}): Promise<WebhookReceiver> {
  const { host = '127.0.0.1', onEvent, onRefused } = options;
  const inbox = createInbox();
  let secret = '';
  const server = createServer(async (request, response) => {
    try {
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of request) {
        size += chunk.length;
        if (size > MAX_BODY_BYTES) throw new Error('the body is too large');
        chunks.push(chunk);
      }
      const event = await verifyWebhook({ secret, headers: request.headers, rawBody: Buffer.concat(chunks) });
      inbox.take(event);
      onEvent?.(event);
      response.writeHead(204).end();
    } catch (error) {
      inbox.refuse((error as Error).message);
      onRefused?.((error as Error).message);
      response.writeHead(400).end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  return {
    url: `http://${authorityOf(host, (server.address() as AddressInfo).port)}/origin-webhook`,
    trust(next) {
      secret = next;
    },
    waitFor: inbox.waitFor,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
