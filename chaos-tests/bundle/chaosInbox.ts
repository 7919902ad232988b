import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { dockerEnv } from '@origin-stack/scripts/bundle/dockerEnv.ts';
import { inContainerArgv } from '@origin-stack/scripts/bundle/runInBundle.ts';
import type { OriginClient, WebhookEvent } from '@origin-stack/sdk';
import type { Told } from '../invariants/aftermath.ts';
import type { ChaosTarget } from './chaosTarget.ts';

const END_MS = 15_000;
/** By this it knows its own. */
const DESCRIPTION = 'made by ./stack chaos, which deletes it';

/** Everything that the tenant's webhook told; disposing it removes the webhook. */
export interface ChaosInbox extends Told, AsyncDisposable {}

type Said = { url?: string; event?: WebhookEvent; refused?: string };

/** Listens in the network that the worker may send to, and gives the tenant a webhook that leads there. */
export async function openInbox({ dir, tenant: { client } }: ChaosTarget): Promise<ChaosInbox> {
  const child = spawn('docker', inContainerArgv(dir, 'receiveWebhooks'), {
    stdio: ['pipe', 'pipe', 'inherit'],
    // Ctrl-C is the runner's: the receiver is needed to the end.
    detached: true,
    env: dockerEnv(),
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
  await deleteOwnWebhooks(client);
  const { id, secret } = await client.createWebhook({
    url,
    description: DESCRIPTION,
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

/** Those of a run that was killed lead nowhere, and their deliveries would wait for days. Others are somebody's. */
export async function deleteOwnWebhooks(
  client: Pick<OriginClient, 'listWebhooks' | 'deleteWebhook'>,
): Promise<void> {
  const { items } = await client.listWebhooks();
  for (const { id, description } of items) if (description === DESCRIPTION) await client.deleteWebhook(id);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.stdin?.end();
  const timer = setTimeout(() => child.kill('SIGTERM'), END_MS);
  await ended;
  clearTimeout(timer);
}
