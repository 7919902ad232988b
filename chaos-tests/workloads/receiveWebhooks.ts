import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebhookCreate } from '@origin-stack/contract/webhooks';
import { verifyWebhook, type WebhookEvent } from '@origin-stack/sdk';
import type { Tenant } from '../product/makeTenants.ts';

/** One delivery as it came over the wire, which the SDK verified. */
export interface Received {
  tenantId: string;
  event: WebhookEvent;
  headers: IncomingHttpHeaders;
  rawBody: Buffer;
}

export interface WebhookInbox extends AsyncDisposable {
  /** Every delivery, repetitions too. */
  received: Received[];
  /** Why deliveries were not accepted. */
  rejected: string[];
  /** The secret of a tenant's webhook. */
  secretOf(tenant: Tenant): string;
}

/** Listens on loopback and gives every tenant a webhook that leads here; the secret is learned from the reply. */
export async function receiveWebhooks(
  tenants: Tenant[],
  events: WebhookCreate['events'] = ['decision.created', 'evidence.ready', 'evidence.failed'],
): Promise<WebhookInbox> {
  const secrets = new Map<string, string>();
  const received: Received[] = [];
  const rejected: string[] = [];
  const server = createServer(async (request, response) => {
    try {
      const tenantId = request.url?.slice(1) ?? '';
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const rawBody = Buffer.concat(chunks);
      const secret = secrets.get(tenantId) ?? '';
      const event = await verifyWebhook({ secret, headers: request.headers, rawBody });
      received.push({ tenantId, event, headers: request.headers, rawBody });
      response.writeHead(204).end();
    } catch (error) {
      rejected.push((error as Error).message);
      response.writeHead(400).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  for (const tenant of tenants) {
    const webhook = await tenant.client.createWebhook({
      url: `http://127.0.0.1:${port}/${tenant.id}`,
      events,
    });
    secrets.set(tenant.id, webhook.secret ?? '');
  }
  return {
    received,
    rejected,
    secretOf: (tenant) => secrets.get(tenant.id) ?? '',
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
