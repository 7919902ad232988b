import type { BundleSettings } from './bundleSettings.ts';

/** What of nginx's configuration differs between installations. */
export function siteConf(settings: BundleSettings): string {
  const proxies = settings.ORIGIN_TRUSTED_PROXIES.split(',').filter((network) => network !== '');
  return [
    '# Made by ./stack init.',
    `map "" $public_origin { default "${settings.ORIGIN_PUBLIC_URL}"; }`,
    ...proxies.map((network) => `set_real_ip_from ${network};`),
    ...(proxies.length > 0 ? ['real_ip_header X-Forwarded-For;', 'real_ip_recursive on;'] : []),
    '',
  ].join('\n');
}
