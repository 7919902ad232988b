import type { BundleSettings } from './bundleSettings.ts';
import { readSecret, type SecretTree, writeSecret } from './secretFiles.ts';

/** What of nginx's configuration differs between installations. It lies beside its certificate, where nginx may read. */
export async function writeSite(tree: SecretTree, settings: BundleSettings): Promise<void> {
  const proxies = settings.ORIGIN_TRUSTED_PROXIES.split(',').filter((network) => network !== '');
  const content = [
    '# Made by ./stack init.',
    `map "" $public_origin { default "${settings.ORIGIN_PUBLIC_URL}"; }`,
    ...proxies.map((network) => `set_real_ip_from ${network};`),
    ...(proxies.length > 0 ? ['real_ip_header X-Forwarded-For;', 'real_ip_recursive on;'] : []),
    '',
  ].join('\n');
  const known = await readSecret(tree, 'nginx', 'site.conf');
  if (known?.toString() !== content) await writeSecret(tree, { folder: 'nginx', file: 'site.conf', content });
}
