import type { X509Certificate } from 'node:crypto';
import type { BundleDir } from './bundleDir.ts';
import { requireBundle } from './bundleSettings.ts';
import { engineAnswers } from './compose.ts';
import { listContainers } from './containers.ts';
import type { IdentityName } from './identities.ts';
import { type PairState, type RenewedPairs, renewPairs } from './renewPairs.ts';
import { SERVING, type Serving } from './renewServing.ts';
import { openTree } from './secretFiles.ts';
import { servedCertificates } from './servedSerials.ts';
import { workByContainer } from './workByContainer.ts';

/** A listener with its container, and what it serves now, port by port. */
export interface ServingState extends Serving {
  container: { id: string };
  certificates: (X509Certificate | undefined)[];
  /** Their serials. */
  served: (string | undefined)[];
}

export interface Survey extends RenewedPairs {
  /** The listeners that run; none where the bundle is down. */
  running: ServingState[];
}

/** How every pair lies on the disk, and what the listeners that run really serve. Changes nothing. */
export async function surveyCertificates(dir: BundleDir, signal: AbortSignal): Promise<Survey> {
  const pairs = await workOnPairs(dir, []);
  const containers = (await engineAnswers()) ? await listContainers(dir) : [];
  const running = containers.filter(({ state }) => state === 'running');
  return { ...pairs, running: await askListeners(running, signal) };
}

/** What each listener among these containers, which run, really serves. */
export async function askListeners(
  running: { service: string; id: string }[],
  signal: AbortSignal,
): Promise<ServingState[]> {
  const listeners: ServingState[] = [];
  for (const serving of SERVING) {
    signal.throwIfAborted();
    const container = running.find(({ service }) => service === serving.service);
    if (!container) continue;
    const certificates = await servedCertificates(container, serving);
    const served = certificates.map((certificate) => certificate?.serialNumber);
    listeners.push({ ...serving, container, certificates, served });
  }
  return listeners;
}

/** Renews the pairs that are named, by a container where this user is not root; without names it only looks. */
export async function workOnPairs(dir: BundleDir, renew: IdentityName[]): Promise<RenewedPairs> {
  const { ORIGIN_TAG_APP: tag = '' } = await requireBundle(dir);
  const input = { tree: await openTree(dir.secrets), renew, nowMs: Date.now() };
  if (process.getuid?.() === 0) return await renewPairs(input);
  const failure = 'the certificates could not be looked at by a container';
  return await workByContainer({ program: 'renewPairs', tag, input, failure });
}

export function pairOf({ pairs }: RenewedPairs, identity: IdentityName): PairState {
  const pair = pairs.find((one) => one.identity === identity);
  if (!pair) throw new Error(`there is no identity ${identity}`);
  return pair;
}

/** Whether a listener serves what lies in its file, on each of its ports. */
export const isInForce = (files: RenewedPairs, { identity, served }: ServingState): boolean =>
  served.every((serial) => serial === pairOf(files, identity).serial);
