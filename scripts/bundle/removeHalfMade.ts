import type { BundleDir } from './bundleDir.ts';
import { mustDocker } from './compose.ts';
import { type Container, listContainers } from './containers.ts';

/** The name of a container that Compose made to replace another: the other's id before its own name. */
const REPLACEMENT = /^[0-9a-f]{12}_/;

/** What a Compose that was interrupted had made and not started. */
export const isHalfMade = ({ name, state }: Container): boolean =>
  REPLACEMENT.test(name) && state === 'created';

/**
 * Removes what a Compose that was interrupted had made and not started yet; it would fail on the name. Such a container
 * has done nothing, and the next `up` makes it again.
 */
export async function removeHalfMade(dir: BundleDir): Promise<void> {
  const halfMade = (await listContainers(dir)).filter(isHalfMade);
  if (halfMade.length > 0) await mustDocker(['rm', ...halfMade.map(({ id }) => id)]);
}
