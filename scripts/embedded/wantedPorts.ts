import { requireFreePort, type WantedPort } from './portHolder.ts';
import type { Ports } from './serviceSettings.ts';

/** The ports that the product's own processes listen on. */
export const wantedPorts = (ports: Ports) =>
  ({
    api: { port: ports.api, purpose: 'the API', flag: '--port' },
    internal: { port: ports.internal, purpose: 'the internal listener', flag: '--internal-port' },
    worker: {
      port: ports.workerInternal,
      purpose: "the worker's internal listener",
      flag: '--worker-port',
    },
  }) satisfies Record<string, WantedPort>;

/** Throws PreconditionError where another program has one of them. */
export async function requireFreePorts(ports: Ports): Promise<void> {
  for (const wanted of Object.values(wantedPorts(ports))) await requireFreePort(wanted);
}
