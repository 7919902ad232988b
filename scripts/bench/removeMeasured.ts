import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { BundleDir } from '../bundle/bundleDir.ts';
import { composeArgv, docker, EVERY_PROFILE } from '../bundle/compose.ts';

/**
 * Removes a bundle that was brought up to be measured, with its data. One that was refused before it had settings has
 * nothing but its folder.
 */
export async function removeMeasured(dir: BundleDir): Promise<void> {
  if (existsSync(dir.envFile)) {
    await docker(composeArgv(dir, ...EVERY_PROFILE, 'down', '--volumes', '--remove-orphans'));
  }
  await rm(dir.root, { recursive: true, force: true });
}
