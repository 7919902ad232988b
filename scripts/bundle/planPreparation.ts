import { buildSteps, lookAtImages } from '../images/lookAtImages.ts';
import type { BundleDir } from './bundleDir.ts';
import type { InitChoices } from './initChoices.ts';
import { requireArchive } from './offline/loadImages.ts';
import { imagesOf } from './pinnedImages.ts';
import { type InitPlan, planInit } from './planInit.ts';

export interface PreparationPlan extends InitPlan {
  /** Images that would be others afterwards. */
  toBuild: string[];
}

/** What `prepareBundle` would do, in its order. Throws PreconditionError as it would. */
export async function planPreparation(
  dir: BundleDir,
  { choices, archive }: { choices: InitChoices; archive?: string | undefined },
): Promise<PreparationPlan> {
  if (archive !== undefined) await requireArchive(archive);
  const isRoot = process.getuid?.() === 0;
  const own = isRoot ? [] : (await lookAtImages({ names: ['app'] })).toBuild;
  const init = await planInit(dir, { ...choices, imagesOfCheckout: true }, { canLook: own.length === 0 });
  const images = await lookAtImages({ names: imagesOf(init.settings) });
  const toBuild = images.toBuild.map(({ name }) => name);
  if (archive !== undefined) {
    const load = { action: `load the images from ${archive}, when its sums are right`, archive };
    return { ...init, toBuild, steps: [load, ...init.steps] };
  }
  const build = buildSteps(images);
  const steps = isRoot ? [...init.steps, ...build] : [...build, ...init.steps];
  return { ...init, toBuild, steps };
}
