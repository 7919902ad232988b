import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServiceScope } from '@origin-stack/contract/scopes';
import type { Settings } from '@origin-stack/core/config/settings';
import { createListener } from '@origin-stack/core/infra/createListener';
import { authorityOf } from '@origin-stack/core/infra/hosts';
import { describeError } from '@origin-stack/core/infra/log';
import type { Core } from '@origin-stack/core/infra/openCore';
import { StartError } from '@origin-stack/core/infra/runProcess';
import { openServiceKeyGate, type ServiceKeyGate } from '@origin-stack/core/infra/serviceKeyGate';
import type { LedgerVerification } from './ledgerVerification.ts';

/** What the listener needs of the core, and what it starts. */
export type ListenerDeps = Pick<Core, 'metrics' | 'clock' | 'log' | 'tls'> & {
  settings: Pick<Settings, 'INTERNAL_HOST' | 'INTERNAL_PORT' | 'SERVICE_KEYS_FILE'>;
  verification: LedgerVerification;
};

export interface InternalListener {
  port: number;
  close(): Promise<void>;
}

interface Route {
  method: 'GET' | 'POST';
  /** Of the service key that it wants; none for what anybody may ask who has a certificate. */
  scope?: ServiceScope;
  answer(context: Context, response: ServerResponse): Promise<void> | void;
}

interface Context extends ListenerDeps {
  keys: ServiceKeyGate;
  /** The key of the request, listed or not. */
  presented: string | undefined;
}

const ROUTES: Record<string, Route> = {
  '/health/live': {
    method: 'GET',
    answer: ({ clock }, response) => json(response, 200, { status: 'healthy', timestamp: clock.now() }),
  },
  '/metrics': {
    method: 'GET',
    scope: 'metrics:read',
    async answer({ metrics }, response) {
      const text = await metrics.scrape();
      response.writeHead(200, { 'Content-Type': metrics.registry.contentType }).end(text);
    },
  },
  // The callers' own look at their keys; it counts as no use of them.
  '/internal/whoami': {
    method: 'GET',
    answer({ keys, presented }, response) {
      const state = keys.describe(presented);
      if (state) json(response, 200, state);
      else refuse(response);
    },
  },
  // Answers when all ledgers were looked at: 200 also where some are bad, which `failures` names; 409 during another run.
  '/internal/ledger-verifications': {
    method: 'POST',
    scope: 'ledger:verify',
    async answer({ verification }, response) {
      const run = verification.run();
      if (!run) return void response.writeHead(409).end();
      json(response, 200, await run);
    },
  },
};

/**
 * The worker's internal listener: liveness, which touches no dependency; for service keys who they are, metrics, and the
 * verification of all ledgers, the last two with their scope. Throws {@link StartError} where the port is taken.
 */
export async function startInternalListener(deps: ListenerDeps): Promise<InternalListener> {
  const { INTERNAL_HOST: host, INTERNAL_PORT: port, SERVICE_KEYS_FILE: file } = deps.settings;
  const keys = openServiceKeyGate({ file, clock: deps.clock });
  const server = createListener(deps, (request, response) => {
    answer({ ...deps, keys, presented: presentedBy(request) }, request, response).catch((error) => {
      deps.log.warn({ err: describeError(error), path: request.url }, 'an internal request failed');
      response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new StartError(`INTERNAL_PORT: cannot listen on ${authorityOf(host, port)}: ${error.code}`)),
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

async function answer(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const route = Object.hasOwn(ROUTES, request.url ?? '') ? ROUTES[request.url ?? ''] : undefined;
  if (!route) return void response.writeHead(404).end();
  if (request.method !== route.method) return void response.writeHead(405, { Allow: route.method }).end();
  if (route.scope) {
    const caller = context.keys.admit(context.presented);
    if (!caller) return refuse(response);
    if (!caller.scopes.includes(route.scope)) return void response.writeHead(403).end();
  }
  await route.answer(context, response);
}

const refuse = (response: ServerResponse) =>
  void response.writeHead(401, { 'WWW-Authenticate': 'Bearer realm="origin-stack"' }).end();

const json = (response: ServerResponse, status: number, body: object) =>
  void response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));

const presentedBy = (request: IncomingMessage) =>
  /^Bearer +(\S{1,300})$/i.exec(request.headers.authorization ?? '')?.[1];
