import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { WebhookEvent } from '@origin-stack/sdk';
import { createInbox } from '../proof/inbox.ts';
import type { WebhookReceiver } from '../proof/webhookReceiver.ts';
import type { BundleDir } from './bundleDir.ts';
import { dockerEnv } from './dockerEnv.ts';
import { inContainerArgv } from './runInBundle.ts';

const START_DEADLINE_MS = 60_000;
const END_DEADLINE_MS = 10_000;

type Said = { url?: string; event?: WebhookEvent; refused?: string };

/**
 * A webhook receiver in the bundle's `tools` container: this host has no address that the worker would send to, and
 * the network of that container is the one that `WEBHOOK_ALLOWED_CIDRS` opens.
 */
export async function startContainerReceiver(dir: BundleDir): Promise<WebhookReceiver> {
  const child = spawn('docker', inContainerArgv(dir, 'receiveWebhooks'), {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env: dockerEnv(),
  });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint = (complaint + chunk).slice(-2_000);
  });
  // A container that ended takes no more secrets; its exit says why.
  child.stdin.on('error', () => {});
  const inbox = createInbox();
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => fail('it did not answer in time'), START_DEADLINE_MS);
    const fail = (why: string) => {
      clearTimeout(timer);
      reject(new Error(`no webhook receiver could be started: ${why} ${complaint}`));
    };
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`exit ${code}`));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as Said;
      if (said.event) inbox.take(said.event);
      if (said.refused) inbox.refuse(said.refused);
      if (said.url === undefined) return;
      clearTimeout(timer);
      resolve(said.url);
    });
  });
  return {
    url,
    trust: (secret) => void child.stdin.write(`${secret}\n`),
    waitFor: inbox.waitFor,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGTERM'), END_DEADLINE_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}
