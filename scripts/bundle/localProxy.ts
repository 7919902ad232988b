import { BlockList, isIP } from 'node:net';
import { UsageError } from '../lib/commandErrors.ts';
import type { BundleSettings } from './bundleSettings.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether a network that is trusted, or an address that is bound, is this host by itself. */
export function isLoopback(network: string): boolean {
  const [address = ''] = network.split('/');
  return LOOPBACK.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** Under this address nginx sees whoever connects from this host by loopback: the engine's, on the one network that it publishes. */
export const gatewayOf = ({ ORIGIN_SUBNET: subnet }: Pick<BundleSettings, 'ORIGIN_SUBNET'>): string =>
  `${subnet}.193`;

/**
 * Throws UsageError where a proxy on this host is trusted and callers from elsewhere reach the bundle too: an engine may show
 * them under the same address, and each could name the address that it likes.
 */
export function requireLocalBind({
  ORIGIN_TRUSTED_PROXIES: proxies,
  ORIGIN_BIND: bind,
}: Pick<BundleSettings, 'ORIGIN_TRUSTED_PROXIES' | 'ORIGIN_BIND'>): void {
  const local = proxies.split(',').find((network) => network !== '' && isLoopback(network));
  if (local === undefined || isLoopback(bind)) return;
  throw new UsageError({
    what: `--trusted-proxies ${local} is a proxy on this host, and the bundle is published on ${bind}`,
    why: 'callers from elsewhere may arrive under the same address, and would be believed',
    next: `publish it for that proxy alone: --bind 127.0.0.1 --trusted-proxies ${local}`,
  });
}
