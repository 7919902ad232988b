import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Settings } from '@origin-stack/core/config/settings';
import { recogniseServiceKey, ServiceKeyList } from '@origin-stack/core/domain/keys/serviceKeys';
import { createListener } from '@origin-stack/core/infra/createListener';
import type { Core } from '@origin-stack/core/infra/openCore';
import { StartError } from '@origin-stack/core/infra/runProcess';

/** What the listener needs of the core. */
export type ListenerDeps = Pick<Core, 'metrics' | 'clock' | 'log' | 'tls'> & {
  settings: Pick<Settings, 'INTERNAL_HOST' | 'INTERNAL_PORT' | 'SERVICE_KEYS_FILE'>;
};

export interface InternalListener {
  port: number;
  close(): Promise<void>;
}

/**
 * The worker's internal listener: liveness, which touches no dependency, and metrics for a service key with
 * `metrics:read`. Throws {@link StartError} where the port is taken.
 */
export async function startInternalListener(core: ListenerDeps): Promise<InternalListener> {
  const { INTERNAL_HOST: host, INTERNAL_PORT: port } = core.settings;
  const server = createListener(core, (request, response) => {
    answer(core, request, response).catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new StartError(`INTERNAL_PORT: cannot listen on ${host}:${port}: ${error.code}`)),
    );
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeIdleConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(core: ListenerDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET') return void response.writeHead(405, { Allow: 'GET' }).end();
  if (request.url === '/health/live') {
    const body = JSON.stringify({ status: 'healthy', timestamp: core.clock.now() });
    return void response.writeHead(200, { 'Content-Type': 'application/json' }).end(body);
  }
  if (request.url !== '/metrics') return void response.writeHead(404).end();
  const scopes = scopesOf(core, request);
  if (!scopes)
    return void response.writeHead(401, { 'WWW-Authenticate': 'Bearer realm="origin-stack"' }).end();
  if (!scopes.includes('metrics:read')) return void response.writeHead(403).end();
  const text = await core.metrics.scrape();
  response.writeHead(200, { 'Content-Type': core.metrics.registry.contentType }).end(text);
}

/** The scopes of the service key that a request presents, or undefined. */
function scopesOf({ settings, clock }: ListenerDeps, request: IncomingMessage) {
  const presented = /^Bearer +(\S{1,300})$/i.exec(request.headers.authorization ?? '')?.[1];
  if (!presented || !settings.SERVICE_KEYS_FILE) return undefined;
  const list = ServiceKeyList.parse(JSON.parse(readFileSync(settings.SERVICE_KEYS_FILE, 'utf8')));
  return recogniseServiceKey(list, presented, clock.epochMs())?.scopes;
}
