import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { inContainerArgv } from '@origin-stack/scripts/bundle/runTool.ts';
import type { WebhookEvent } from '@origin-stack/sdk';
import type { Told } from '../invariants/aftermath.ts';
import type { ChaosTarget } from './chaosTarget.ts';

const END_MS = 15_000;

/** Everything that the tenant's webhook told; disposing it removes the webhook. */
export interface ChaosInbox extends Told, AsyncDisposable {}

type Said = { url?: string; event?: WebhookEvent; refused?: string };

/** Listens in the network that the worker may send to, and gives the tenant its only webhook, which leads there. */
export async function openInbox({ dir, tenant: { client } }: ChaosTarget): Promise<ChaosInbox> {
  const child = spawn('docker', inContainerArgv(dir, 'receiveWebhooks'), {
    stdio: ['pipe', 'pipe', 'inherit'],
    // Ctrl-C is the runner's: the receiver is needed to the end.
    detached: true,
  });
  child.stdin.on('error', () => {});
  const told: Told = { received: [], rejected: [] };
  const address = Promise.withResolvers<string>();
  child.once('exit', (code) => address.reject(new Error(`the webhook receiver ended with ${code}`)));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { url, event, refused } = JSON.parse(line) as Said;
    if (event) told.received.push({ event });
    if (refused) told.rejected.push(refused);
    if (url) address.resolve(url);
  });
  const url = await address.promise;
  // Those of a run that was killed lead nowhere, and their deliveries would wait for days.
  for (const { id } of await client.listWebhooks().then(({ items }) => items)) await client.deleteWebhook(id);
  const { id, secret } = await client.createWebhook({
    url,
    events: ['decision.created', 'evidence.ready', 'evidence.failed'],
  });
  child.stdin.write(`${secret}\n`);
  return {
    ...told,
    async [Symbol.asyncDispose]() {
      await client.deleteWebhook(id).catch(() => {});
      await end(child);
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.stdin?.end();
  const timer = setTimeout(() => child.kill('SIGTERM'), END_MS);
  await ended;
  clearTimeout(timer);
}
