import type { X509Certificate } from 'node:crypto';
import { authorityOf } from '@origin-stack/core/infra/hosts';
import { publicAddress } from '../bundle/bundleClient.ts';
import type { BundleDir } from '../bundle/bundleDir.ts';
import type { BundleSettings } from '../bundle/bundleSettings.ts';
import { engineAnswers } from '../bundle/compose.ts';
import { listContainers } from '../bundle/containers.ts';
import { SERVING } from '../bundle/renewServing.ts';
import { askListeners } from '../bundle/renewSurvey.ts';
import { servedChain } from '../bundle/servedChain.ts';
import type { Holder } from './lookAtFiles.ts';

/** What a listener sends. */
export interface ServedLook {
  holder: Holder;
  /** `host:port`. */
  path: string;
  service: string;
  /** The leaf first; empty where nobody answers. */
  chain: X509Certificate[];
}

/** What every listener of a bundle sends, or why nobody was asked. */
export type Asked = { looks: ServedLook[] } | { why: string };

/** Asks the public listener by its public name from this host, and each internal one from within its container. */
export async function askBundle(
  dir: BundleDir,
  settings: BundleSettings,
  signal: AbortSignal,
): Promise<Asked> {
  if (!(await engineAnswers())) return { why: 'no Docker engine answers this user' };
  const containers = await listContainers(dir);
  const running = containers.filter(({ state }) => state === 'running');
  if (running.length === 0) return { why: 'the bundle is down' };
  const internal: ServedLook[] = [];
  for (const { service, identity, ports, certificates } of await askListeners(running, signal)) {
    for (const [index, port] of ports.entries()) {
      const leaf = certificates[index];
      const chain = leaf ? [leaf] : [];
      internal.push({ holder: identity, path: `${service}:${port}`, service, chain });
    }
  }
  // Part of the bundle, and down while the rest runs: nobody answers there either.
  const isDown = (service: string) =>
    containers.some((one) => one.service === service && one.state !== 'running');
  const silent = SERVING.filter(({ service }) => isDown(service)).flatMap(({ service, identity, ports }) =>
    ports.map((port) => ({ holder: identity, path: `${service}:${port}`, service, chain: [] })),
  );
  return { looks: [await askPublic(dir, settings), ...internal, ...silent] };
}

async function askPublic(dir: BundleDir, settings: BundleSettings): Promise<ServedLook> {
  const { ORIGIN_PUBLIC_NAME: name, ORIGIN_HTTPS_PORT: port } = settings;
  const { connectTo: host = '127.0.0.1' } = publicAddress(dir, settings);
  const chain = await servedChain({ host, port: Number(port), name });
  return { holder: 'public', path: authorityOf(name, Number(port)), service: 'nginx', chain };
}
