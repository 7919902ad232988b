import type { Socket } from 'node:net';
import { portOf } from '../../domain/webhooks/checkWebhookUrl.ts';
import type { EgressProxy } from '../egressProxy/egressProxy.ts';

interface Way {
  url: URL;
  /** Checked, in the order in which they are tried. */
  addresses: string[];
  /** How long each but the last is tried. */
  addressTimeoutMs: number;
  signal: AbortSignal;
}

/**
 * A connection through the proxy to the first of the addresses that it reaches; undefined where there is no proxy, or
 * the endpoint is one that is reached directly. Rejects with `EgressProxyError`.
 */
export async function openTunnel(proxy: EgressProxy | undefined, way: Way): Promise<Socket | undefined> {
  if (!proxy || proxy.isDirect(way.url.hostname) || way.addresses.every(proxy.isDirect)) return undefined;
  return tunnelToFirst(proxy, way);
}

function tunnelToFirst(proxy: EgressProxy, way: Way): Promise<Socket> {
  const { signal } = way;
  const [host = '', ...rest] = way.addresses;
  const target = { host, port: portOf(way.url) };
  if (rest.length === 0) return proxy.connect(target, signal);
  const patience = AbortSignal.any([signal, AbortSignal.timeout(way.addressTimeoutMs)]);
  return proxy.connect(target, patience).catch((error: unknown) => {
    if (signal.aborted) throw error;
    return tunnelToFirst(proxy, { ...way, addresses: rest });
  });
}
