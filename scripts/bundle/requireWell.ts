import { PreconditionError } from '../lib/commandErrors.ts';
import { publicAddress } from './bundleClient.ts';
import type { BundleDir } from './bundleDir.ts';
import { type BundleSettings, requireBundle } from './bundleSettings.ts';
import { isReady } from './bundleStatus.ts';
import { isWell, listContainers } from './containers.ts';
import { unwellError } from './waitUntilWell.ts';

/**
 * The settings of a bundle of which every container is well and whose public listener is ready. Throws
 * PreconditionError that names what is not: what is sick already cannot be judged by what is done to it.
 */
export async function requireWell(dir: BundleDir): Promise<BundleSettings> {
  const settings = await requireBundle(dir);
  const containers = await listContainers(dir);
  if (!containers.some(({ state }) => state === 'running')) {
    throw new PreconditionError({ what: 'the bundle does not run', next: './stack up' });
  }
  const unwell = containers.filter((one) => !isWell(one));
  if (unwell.length > 0) throw await unwellError(unwell);
  if (await isReady(publicAddress(dir, settings))) return settings;
  throw new PreconditionError({
    what: `${settings.ORIGIN_PUBLIC_URL} is not ready`,
    why: 'every container is well, and /ready says that requests cannot be answered, or nobody answers there',
    next: './stack doctor',
  });
}
