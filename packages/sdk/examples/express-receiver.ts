// A webhook receiver to copy from. Run: PORT=8090 WEBHOOK_SECRET_FILE=secret node examples/express-receiver.ts
// The file holds the secret, one a line: two while a rotation lasts. A free port is taken for PORT=0.
import { readFileSync } from 'node:fs';
import { verifyWebhook, type WebhookEvent, WebhookVerificationError } from '@origin-stack/sdk';
import express, { type NextFunction, type Request, type Response } from 'express';

const secrets = readFileSync(process.env.WEBHOOK_SECRET_FILE ?? 'webhook-secret', 'utf8')
  .split(/\s+/)
  .filter(Boolean);

/** Ids seen lately. With several processes, or across restarts, let a unique column of a database remember. */
const seen = new Set<string>();
const seenAtMost = 10_000;

/** Verifies the raw body first, answers at once, works afterwards: 5 s without an answer is a failed attempt. */
async function receive(request: Request, response: Response): Promise<void> {
  try {
    // express.raw leaves no Buffer where there was no body.
    const rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const event = await verifyWebhook({ secrets, headers: request.headers, rawBody });
    const isNew = remember(event.id);
    response.status(200).json({ received: event.id, duplicate: !isNew });
    if (isNew) setImmediate(work, event);
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    response.status(400).json({ error: error.code });
  }
}

function remember(eventId: string): boolean {
  if (seen.has(eventId)) return false;
  seen.add(eventId);
  const [oldest] = seen;
  if (seen.size > seenAtMost && oldest !== undefined) seen.delete(oldest);
  return true;
}

function work(event: WebhookEvent): void {
  process.stdout.write(`${JSON.stringify({ worked: event.id, type: event.type })}\n`);
}

const app = express();
app.disable('x-powered-by');
// Not express.json(): what is parsed and written again is not the bytes that were signed.
app.post('/webhooks', express.raw({ type: () => true, limit: '1mb', inflate: false }), receive);

app.use((error: { status?: number }, _request: Request, response: Response, _next: NextFunction) => {
  // Express would answer with the stack.
  response.sendStatus(error.status ?? 500);
});

const server = app.listen(Number(process.env.PORT ?? 8090), '127.0.0.1', () => {
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  process.stdout.write(`listening on http://127.0.0.1:${port}/webhooks\n`);
});
