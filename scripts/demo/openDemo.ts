import { readFile } from 'node:fs/promises';
import { OriginClient } from '@origin-stack/sdk';
import { bundleClient } from '../bundle/bundleClient.ts';
import { startContainerReceiver } from '../bundle/containerReceiver.ts';
import { findBundle } from '../bundle/findBundle.ts';
import { publicClient } from '../bundle/publicClient.ts';
import { installationKey } from '../embedded/installationTenant.ts';
import { openOperator } from '../embedded/operator.ts';
import { PreconditionError, UsageError } from '../lib/commandErrors.ts';
import { unreadable } from '../lib/unreadable.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../proof/webhookReceiver.ts';

interface DemoFlags {
  url?: string | undefined;
  'key-file'?: string | undefined;
  ca?: string | undefined;
  'state-dir'?: string | undefined;
}

/** Where the demo asks, and where its webhooks arrive; none arrive from an installation elsewhere. */
export interface DemoTarget {
  client: OriginClient;
  startReceiver: (() => Promise<WebhookReceiver>) | undefined;
}

/** The installation that `--url` names, else the bundle or the embedded default that runs here. */
export async function openDemo(flags: DemoFlags, signal: AbortSignal): Promise<DemoTarget> {
  if (flags.url !== undefined) {
    if (flags['key-file'] === undefined) {
      throw new UsageError({
        what: '--url needs a key of that installation',
        next: './stack demo --url URL --key-file F',
      });
    }
    const key = await readKey(flags['key-file']);
    const url = flags.url.replace(/\/$/, '');
    return {
      client: publicClient({ url, caFiles: flags.ca ? [flags.ca] : [] }, key),
      startReceiver: undefined,
    };
  }
  const bundle = await findBundle(flags['state-dir']);
  if (bundle) {
    const client = await bundleClient(bundle, 'demo', signal);
    return { client, startReceiver: () => startContainerReceiver(bundle) };
  }
  await using operator = await openOperator(flags['state-dir']);
  const apiKey = await installationKey(operator, 'demo', flags['state-dir']);
  return {
    client: new OriginClient({ baseUrl: operator.apiUrl, apiKey }),
    startReceiver: startWebhookReceiver,
  };
}

async function readKey(file: string): Promise<string> {
  const next = 'name the file that holds the API key and nothing else: --key-file F';
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw unreadable(file, error, next);
  });
  const key = text.trim();
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new PreconditionError({ what: `${file} holds no API key`, next });
}
