import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OriginClient } from '@origin-stack/sdk';
import { writeFileAtomically } from '../lib/writeFileAtomically.ts';
import type { BundleDir } from './bundleDir.ts';
import type { BundleSettings } from './bundleSettings.ts';
import { mustDocker } from './compose.ts';
import { requireBundle } from './initBundle.ts';
import { type PublicAddress, publicClient } from './publicClient.ts';
import { inContainerArgv } from './runTool.ts';

/** How this host reaches its own bundle's public listener. */
export function publicAddress(dir: BundleDir, settings: BundleSettings): PublicAddress {
  const { ORIGIN_BIND: bind, ORIGIN_PUBLIC_URL: url } = settings;
  const loopback = { '0.0.0.0': '127.0.0.1', '::': '::1' }[bind];
  return { url, caFile: join(dir.secrets, 'operator', 'public.crt'), connectTo: loopback ?? bind };
}

/** A client with the key of a tenant of our own. */
export async function bundleClient(dir: BundleDir, name: string, signal: AbortSignal): Promise<OriginClient> {
  const settings = await requireBundle(dir);
  return publicClient(publicAddress(dir, settings), await bundleKey(dir, name, signal));
}

/** The key of a tenant of our own (`self-check`, `demo`), made the first time and kept in the operator's folder. */
export async function bundleKey(dir: BundleDir, name: string, signal: AbortSignal): Promise<string> {
  const file = join(dir.secrets, 'operator', `${name}-key`);
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (kept !== undefined) return kept;
  const key = (await mustDocker(inContainerArgv(dir, 'makeInstallationKey', name), { signal })).trim();
  await writeFileAtomically(file, key, { mode: 0o400 });
  return key;
}
