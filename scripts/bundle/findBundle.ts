import { existsSync } from 'node:fs';
import { findRunning } from '../embedded/runState.ts';
import { locateStateDir } from '../embedded/stateDir.ts';
import { type BundleDir, locateBundle } from './bundleDir.ts';

/** True in the bundle's own containers, whose settings are the environment. */
export const isInBundle = (): boolean => process.env.STACK_IN_BUNDLE === 'true';

/**
 * The bundle that commands speak of: the one that `init` made here, unless the embedded default runs here. Undefined
 * where there is none.
 */
export async function findBundle(stateRoot: string | undefined): Promise<BundleDir | undefined> {
  const dir = locateBundle(stateRoot);
  if (isInBundle() || !existsSync(dir.envFile)) return undefined;
  return (await findRunning(locateStateDir(stateRoot))) ? undefined : dir;
}
