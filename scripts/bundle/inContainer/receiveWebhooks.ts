import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import { createInterface } from 'node:readline';
import { startWebhookReceiver } from '../../proof/webhookReceiver.ts';

// Receives webhooks where the worker may send them. Secrets come line by line on stdin; each verified event goes out
// as a line of JSON, the first line being the address. It ends with its stdin.
const say = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);
const { address } = await lookup(hostname(), 4);
await using receiver = await startWebhookReceiver({
  host: address,
  onEvent: (event) => say({ event }),
  onRefused: (refused) => say({ refused }),
});
say({ url: receiver.url });
for await (const secret of createInterface({ input: process.stdin })) receiver.trust(secret);
