import type { BundleSettings } from './bundleSettings.ts';
import { docker } from './compose.ts';
import { pinnedImages } from './pinnedImages.ts';

/** Takes away what was pinned before and is no more. The engine keeps an image that a container uses, of whomever. */
export async function removeFormerImages(
  former: BundleSettings | undefined,
  settings: BundleSettings,
): Promise<void> {
  const kept = pinnedImages(settings);
  for (const reference of former ? pinnedImages(former) : []) {
    if (!kept.includes(reference)) await docker(['image', 'rm', reference]);
  }
}
