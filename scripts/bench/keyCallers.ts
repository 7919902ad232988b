import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { addressIn } from '../bundle/addressIn.ts';
import type { BundleDir } from '../bundle/bundleDir.ts';
import { listContainers } from '../bundle/containers.ts';
import { requireBundle } from '../bundle/initBundle.ts';
import { SERVICE_KEYS, type ServiceName } from '../bundle/keys/serviceKeys.ts';

const PAUSE_MS = 20;
const ANSWER_MS = 10_000;

/** What each service asks of a listener by its key, as it does by itself, and what says that it was let in. */
const CALLS: Record<
  ServiceName,
  { at: string; method: string; path: string; body?: string; isLetIn: number[] }
> = {
  operator: { at: 'api-b', method: 'GET', path: '/metrics', isLetIn: [200] },
  prometheus: { at: 'api-a', method: 'GET', path: '/metrics', isLetIn: [200] },
  alertmanager: {
    at: 'api-a',
    method: 'POST',
    path: '/internal/alerts',
    body: '{"version":"4","alerts":[]}',
    isLetIn: [204],
  },
  // 409: another verification is under way; who may not ask for one is told so before.
  cron: { at: 'worker', method: 'POST', path: '/internal/ledger-verifications', isLetIn: [200, 409] },
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

/**
 * Calls the listeners of a bundle on this host without a pause as each service does: the key is read from its file for every
 * request, over mutual TLS on the bundle's own networks. Root's work: it reads every service's secrets.
 */
export async function startKeyCallers(dir: BundleDir): Promise<KeyCallers> {
  const addresses = await addressesOf(dir);
  const tls = await Promise.all(
    ['ca.crt', 'tls.crt', 'tls.key'].map((file) => readFile(join(dir.secrets, 'prometheus', file))),
  );
  const [ca, cert, key] = tls;
  const stopping = new AbortController();
  const loops = SERVICE_KEYS.map(async ({ service, folder, file }): Promise<KeyCalls> => {
    const { at, method, path, body, isLetIn } = CALLS[service];
    const agent = new Agent({ ca, cert, key, servername: at, keepAlive: true });
    const found: KeyCalls = { service, answered: 0, failures: {}, longestPauseMs: 0 };
    let lastMs = performance.now();
    while (!stopping.signal.aborted) {
      const bearer = await readFile(join(dir.secrets, folder, file), 'utf8');
      const options = { agent, host: addresses.get(at), port: 9443, method, path };
      const status = await send({ ...options, bearer, body });
      if (isLetIn.includes(Number(status))) {
        const nowMs = performance.now();
        found.answered += 1;
        found.longestPauseMs = Math.max(found.longestPauseMs, nowMs - lastMs);
        lastMs = nowMs;
      } else found.failures[status] = (found.failures[status] ?? 0) + 1;
      await sleep(PAUSE_MS);
    }
    agent.destroy();
    return found;
  });
  return {
    stop() {
      stopping.abort();
      return Promise.all(loops);
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
