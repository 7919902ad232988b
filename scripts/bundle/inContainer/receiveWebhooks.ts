import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { startWebhookReceiver } from '../../proof/webhookReceiver.ts';

// Receives webhooks where the worker may send them. Secrets come line by line on stdin; each verified event goes out
// as a line of JSON, the first line being the address. It ends with its stdin.
const say = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);

const allowed = new BlockList();
for (const network of (process.env.WEBHOOK_ALLOWED_CIDRS ?? '').split(',')) {
  const [address = '', bits] = network.split('/');
  allowed.addSubnet(address, Number(bits), 'ipv4');
}
const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
const host = addresses.find(
  ({ address, family }) => family === 'IPv4' && allowed.check(address, 'ipv4'),
)?.address;
if (host === undefined) throw new Error('this container has no address that webhooks may reach');

await using receiver = await startWebhookReceiver({
  host,
  onEvent: (event) => say({ event }),
  onRefused: (refused) => say({ refused }),
});
say({ url: receiver.url });
for await (const secret of createInterface({ input: process.stdin })) receiver.trust(secret);
