import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifyWebhook, type WebhookEvent } from '@origin-stack/sdk';

/** A local webhook receiver that keeps what it verified. */
export interface WebhookReceiver extends AsyncDisposable {
  url: string;
  /** The secret that deliveries are verified with from now on. */
  trust(secret: string): void;
  /** The first verified event that fits; rejects where none came in time, and says what was refused. */
  waitFor(fits: (event: WebhookEvent) => boolean, deadlineMs: number): Promise<WebhookEvent>;
}

const MAX_BODY_BYTES = 1_048_576;

/** Listens on loopback. It answers 2xx only to what the SDK verifies. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const events: WebhookEvent[] = [];
  const refused: string[] = [];
  const waiting = new Set<() => void>();
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
      events.push(await verifyWebhook({ secret, headers: request.headers, rawBody: Buffer.concat(chunks) }));
      response.writeHead(204).end();
    } catch (error) {
      refused.push((error as Error).message);
      response.writeHead(400).end();
    }
    for (const look of waiting) look();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/origin-webhook`,
    trust(next) {
      secret = next;
    },
    waitFor(fits, deadlineMs) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          const why = refused.length > 0 ? `; refused: ${refused.join(', ')}` : '';
          reject(new Error(`no webhook came within ${deadlineMs / 1000} s${why}`));
        }, deadlineMs);
        const look = () => {
          const event = events.find(fits);
          if (!event) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(event);
        };
        waiting.add(look);
        look();
      });
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
