import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OriginClient } from '@origin-stack/sdk';
import { readIfThere } from '../lib/readIfThere.ts';
import type { BundleDir } from './bundleDir.ts';
import { type BundleSettings, requireBundle } from './bundleSettings.ts';
import { mustDocker } from './compose.ts';
import { type PublicAddress, publicClient, publicFetch } from './publicClient.ts';
import { parseCertificate } from './renewDue.ts';
import { inContainerArgv } from './runInBundle.ts';
import { openTree, writeSecret } from './secretFiles.ts';

/** How this host reaches its own bundle's public listener. */
export function publicAddress(dir: BundleDir, settings: BundleSettings): PublicAddress {
  const { ORIGIN_BIND: bind, ORIGIN_PUBLIC_URL: url } = settings;
  const loopback = { '0.0.0.0': '127.0.0.1', '::': '::1' }[bind];
  const [own = '', storage = ''] = ['public.crt', 'external-ca.crt'].map((file) =>
    join(dir.secrets, 'operator', file),
  );
  return {
    url,
    caFiles: [own, storage].filter((file) => existsSync(file)),
    expired: existsSync(own) ? ifExpired(readFileSync(own, 'utf8')) : undefined,
    connectTo: loopback ?? bind,
    connectPort: Number(settings.ORIGIN_HTTPS_PORT),
  };
}

/** The fingerprint of a certificate that is over: the bundle serves it until the operator brings another, and works. */
function ifExpired(pem: string): string | undefined {
  const leaf = parseCertificate(pem);
  return leaf && leaf.validToDate.getTime() < Date.now() ? leaf.fingerprint256 : undefined;
}

/** A client with the key of a tenant of our own. */
export async function bundleClient(dir: BundleDir, name: string, signal: AbortSignal): Promise<OriginClient> {
  const settings = await requireBundle(dir);
  return publicClient(publicAddress(dir, settings), await bundleKey(dir, name, signal));
}

/**
 * The key of a tenant of our own (`self-check`, `demo`), made the first time and kept in the operator's folder; made anew where
 * the data that knew it is gone, and the secrets stayed.
 */
export async function bundleKey(dir: BundleDir, name: string, signal: AbortSignal): Promise<string> {
  const file = `${name}-key`;
  const kept = await readIfThere(join(dir.secrets, 'operator', file));
  if (kept && !(await isUnknown(dir, kept.toString(), signal))) return kept.toString();
  const key = (await mustDocker(inContainerArgv(dir, 'makeInstallationKey', name), { signal })).trim();
  const tree = await openTree(dir.secrets);
  await writeSecret(tree, { folder: 'operator', file, content: key });
  return key;
}

/** Whether the bundle answers, and knows no such key. What else is wrong shows where the key is used. */
async function isUnknown(dir: BundleDir, key: string, signal: AbortSignal): Promise<boolean> {
  const address = publicAddress(dir, await requireBundle(dir));
  const headers = { authorization: `Bearer ${key}` };
  const answer = await publicFetch(address)(`${address.url}/v1/whoami`, { headers, signal }).catch(
    () => undefined,
  );
  signal.throwIfAborted();
  await answer?.body?.cancel();
  return answer?.status === 401;
}
