import { productVersion } from '@origin-stack/core/infra/productVersion';
import { buildImages } from '../images/buildImages.ts';
import { bundleImages } from '../images/lookAtImages.ts';
import type { CommandContext, Flags } from '../lib/command.ts';
import type { BundleDir } from './bundleDir.ts';
import type { BundleSettings } from './bundleSettings.ts';
import { type Initialised, initBundle } from './initBundle.ts';
import type { InitChoices } from './initChoices.ts';
import { loadImages } from './offline/loadImages.ts';
import { overlaysOf } from './overlays.ts';

export interface Preparation extends Pick<CommandContext<Flags>, 'progress' | 'signal'> {
  choices: InitChoices;
  /** Where the images come from; they are built where unset. */
  archive?: string | undefined;
}

/** Everything that Compose needs: settings, secrets and images. What is there already stays. */
export async function prepareBundle(
  dir: BundleDir,
  { choices, archive, progress, signal }: Preparation,
): Promise<Initialised> {
  // First of all: a damaged archive changes nothing.
  if (archive !== undefined) await loadImages(archive, { progress, signal });
  const build = (names: string[]) => buildImages({ names, tag: productVersion, progress, signal });
  // Who is not root makes the secrets by a container of the product's own image; for root a wrong choice costs no build.
  if (archive === undefined && process.getuid?.() !== 0) await build(['app']);
  const initialised = await initBundle(dir, choices);
  if (archive === undefined) await build(imagesOf(initialised.settings));
  return initialised;
}

/** Every image that runs under these settings. */
export const imagesOf = ({
  ORIGIN_OVERLAYS: overlays,
}: Pick<BundleSettings, 'ORIGIN_OVERLAYS'>): string[] => [
  ...bundleImages(),
  ...overlaysOf(overlays).flatMap(({ images }) => images),
];
