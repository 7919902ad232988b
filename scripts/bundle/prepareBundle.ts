import { buildImages } from '../images/buildImages.ts';
import type { CommandContext, Flags } from '../lib/command.ts';
import type { BundleDir } from './bundleDir.ts';
import { type Initialised, initBundle } from './initBundle.ts';
import type { InitChoices } from './initChoices.ts';
import { loadImages } from './offline/loadImages.ts';
import { imagesOf } from './pinnedImages.ts';

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
  const build = (names: string[]) => buildImages({ names, progress, signal });
  // Who is not root makes the secrets by a container of the product's own image; for root a wrong choice costs no build.
  if (archive === undefined && process.getuid?.() !== 0) await build(['app']);
  const initialised = await initBundle(dir, { ...choices, imagesOfCheckout: true });
  if (archive === undefined) await build(imagesOf(initialised.settings));
  return initialised;
}
