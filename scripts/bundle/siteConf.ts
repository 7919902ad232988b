import type { BundleSettings } from './bundleSettings.ts';
import { gatewayOf, isLoopback } from './localProxy.ts';

/** What of nginx's configuration differs between installations. */
export function siteConf(settings: BundleSettings): string {
  const named = settings.ORIGIN_TRUSTED_PROXIES.split(',').filter((network) => network !== '');
  // A proxy on this host arrives under the engine's address.
  const proxies = new Set(named.map((network) => (isLoopback(network) ? gatewayOf(settings) : network)));
  return [
    '# Made by ./stack init.',
    `map "" $public_origin { default "${settings.ORIGIN_PUBLIC_URL}"; }`,
    ...[...proxies].map((network) => `set_real_ip_from ${network};`),
    ...(proxies.size > 0 ? ['real_ip_header X-Forwarded-For;', 'real_ip_recursive on;'] : []),
    '',
  ].join('\n');
}
