import { existsSync } from 'node:fs';
import { findRunning } from '../embedded/runState.ts';
import { locateStateDir } from '../embedded/stateDir.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import { type BundleDir, locateBundle } from './bundleDir.ts';
import { requireBundle } from './bundleSettings.ts';
import { requireOwnProject } from './ownership.ts';

/** The bundle that is here. Throws PreconditionError where there is none; `why` says what the embedded default lacks for it. */
export async function requireBundleHere(stateRoot: string | undefined, why: string): Promise<BundleDir> {
  const dir = await findBundle(stateRoot);
  if (dir) return dir;
  throw new PreconditionError({ what: 'there is no bundle here', why, next: './stack up' });
}

/** True in the bundle's own containers, whose settings are the environment. */
export const isInBundle = (): boolean => process.env.STACK_IN_BUNDLE === 'true';

/** The lock of the bundle that was made here; undefined where none was. */
export async function lockOfBundle(stateRoot: string | undefined): Promise<string | undefined> {
  const dir = locateBundle(stateRoot);
  return existsSync(dir.envFile) ? dir.lockFile : undefined;
}

/**
 * The bundle that commands speak of: the one that `init` made here, unless the embedded default runs here. Undefined
 * where there is none. Throws PreconditionError where its containers are another installation's.
 */
export async function findBundle(stateRoot: string | undefined): Promise<BundleDir | undefined> {
  const dir = locateBundle(stateRoot);
  if (isInBundle() || !existsSync(dir.envFile)) return undefined;
  if (await findRunning(locateStateDir(stateRoot))) return undefined;
  await requireOwnProject(dir, await requireBundle(dir));
  return dir;
}
