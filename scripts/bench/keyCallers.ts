import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { addressIn } from '../bundle/addressIn.ts';
import type { BundleDir } from '../bundle/bundleDir.ts';
import { requireBundle } from '../bundle/bundleSettings.ts';
import { listContainers } from '../bundle/containers.ts';
import { SERVICE_KEYS, type ServiceName } from '../bundle/keys/serviceKeys.ts';

const PAUSE_MS = 20;
const ANSWER_MS = 10_000;

/** A route of an internal listener, and what says that its caller was let in. */
interface Route {
  at: string;
  method: string;
  path: string;
  body?: string;
  isLetIn: readonly string[];
}

/** Every route that wants a scope. */
export const ROUTES = {
  metricsOfApi: { at: 'api-a', method: 'GET', path: '/metrics', isLetIn: ['200'] },
  metricsOfOtherApi: { at: 'api-b', method: 'GET', path: '/metrics', isLetIn: ['200'] },
  metricsOfWorker: { at: 'worker', method: 'GET', path: '/metrics', isLetIn: ['200'] },
  alerts: {
    at: 'api-a',
    method: 'POST',
    path: '/internal/alerts',
    body: '{"version":"4","alerts":[]}',
    isLetIn: ['204'],
  },
  // 409: another verification is under way; who may not ask for one is told so before.
  ledgerVerification: {
    at: 'worker',
    method: 'POST',
    path: '/internal/ledger-verifications',
    isLetIn: ['200', '409'],
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;

/** What each service asks of a listener by its key, as it does by itself. */
const CALLS: Record<ServiceName, RouteName> = {
  operator: 'metricsOfOtherApi',
  prometheus: 'metricsOfApi',
  alertmanager: 'alerts',
  cron: 'ledgerVerification',
};

export interface KeyCalls {
  service: ServiceName;
  answered: number;
  /** By status or error code. */
  failures: Record<string, number>;
  /** The longest time between two answers. */
  longestPauseMs: number;
}

/** Callers at work; `stop` ends them and says what they met. */
export interface KeyCallers {
  stop(): Promise<KeyCalls[]>;
}

/** Calls routes of a bundle's internal listeners from this host. */
export interface InternalCaller {
  /** The status, or the code of the error. */
  call(route: RouteName, bearer: string): Promise<string>;
  close(): void;
}

/** Over mutual TLS on the bundle's own networks. Root's work: it reads every service's secrets. */
export async function openInternalCaller(dir: BundleDir): Promise<InternalCaller> {
  const addresses = await addressesOf(dir);
  const tls = await Promise.all(
    ['ca.crt', 'tls.crt', 'tls.key'].map((file) => readFile(join(dir.secrets, 'prometheus', file))),
  );
  const [ca, cert, key] = tls;
  const agents = new Map<string, Agent>();
  return {
    call(name, bearer) {
      const { at, method, path, body }: Route = ROUTES[name];
      const agent = agents.get(at) ?? new Agent({ ca, cert, key, servername: at, keepAlive: true });
      agents.set(at, agent);
      return send({ agent, host: addresses.get(at), port: 9443, method, path, bearer, body });
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

/**
 * Calls the listeners of a bundle without a pause as each service does: the key is read from its file for every request.
 */
export async function startKeyCallers(dir: BundleDir): Promise<KeyCallers> {
  const caller = await openInternalCaller(dir);
  const stopping = new AbortController();
  const loops = SERVICE_KEYS.map(async ({ service, folder, file }): Promise<KeyCalls> => {
    const route: Route = ROUTES[CALLS[service]];
    const found: KeyCalls = { service, answered: 0, failures: {}, longestPauseMs: 0 };
    let lastMs = performance.now();
    while (!stopping.signal.aborted) {
      const bearer = await readFile(join(dir.secrets, folder, file), 'utf8');
      const status = await caller.call(CALLS[service], bearer);
      if (route.isLetIn.includes(status)) {
        const nowMs = performance.now();
        found.answered += 1;
        found.longestPauseMs = Math.max(found.longestPauseMs, nowMs - lastMs);
        lastMs = nowMs;
      } else found.failures[status] = (found.failures[status] ?? 0) + 1;
      await sleep(PAUSE_MS);
    }
    return found;
  });
  return {
    async stop() {
      stopping.abort();
      const calls = await Promise.all(loops);
      caller.close();
      return calls;
    },
  };
}

/** Where this host reaches each container that listens. */
async function addressesOf(dir: BundleDir): Promise<Map<string, string>> {
  const containers = (await listContainers(dir)).filter(({ state }) => state === 'running');
  const settings = await requireBundle(dir);
  const found = new Map<string, string>();
  for (const { service, id } of containers) {
    const address = await addressIn('app', { id, settings });
    if (address) found.set(service, address);
  }
  return found;
}

interface Sent {
  agent: Agent;
  host: string | undefined;
  port: number;
  method: string;
  path: string;
  bearer: string;
  body: string | undefined;
}

function send({ bearer, body, ...options }: Sent): Promise<string> {
  const headers = {
    authorization: `Bearer ${bearer}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  return new Promise((resolve) => {
    const sent = request({ ...options, headers, timeout: ANSWER_MS }, (response) => {
      response.resume();
      response.once('end', () => resolve(`${response.statusCode}`));
      response.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
    sent.once('timeout', () => sent.destroy(new Error('no answer')));
    sent.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    sent.end(body);
  });
}
