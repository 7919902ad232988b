import { hashEveryImage, tagOf } from '../images/hashInputs.ts';
import { imageList, imageTag } from '../images/imageList.ts';
import { bundleImages } from '../images/lookAtImages.ts';
import { CHECKOUT } from '../lib/checkout.ts';
import type { BundleSettings } from './bundleSettings.ts';
import { overlaysOf } from './overlays.ts';

/** The setting that says which image of a name an installation runs. */
export const tagSetting = (image: string) => `ORIGIN_TAG_${image.toUpperCase()}` as const;

/** By the name of its setting: the tag of an image. */
export type ImageTags = Record<ReturnType<typeof tagSetting>, string>;

/** Every image that runs under these settings. */
export const imagesOf = ({
  ORIGIN_OVERLAYS: overlays,
}: Pick<BundleSettings, 'ORIGIN_OVERLAYS'>): string[] => [
  ...bundleImages(),
  ...overlaysOf(overlays).flatMap(({ images }) => images),
];

/** Of every image, as it is built from this checkout. */
export async function tagsOfCheckout(): Promise<ImageTags> {
  const hashes = await hashEveryImage(CHECKOUT);
  return Object.fromEntries([...hashes].map(([name, hash]) => [tagSetting(name), tagOf(hash)]));
}

/** The images that an installation runs, whatever its checkout holds by now, as the engine names them. */
export const pinnedImages = (settings: BundleSettings): string[] =>
  imageList.flatMap(({ name }) => {
    const tag = settings[tagSetting(name)];
    return tag ? [imageTag(name, tag)] : [];
  });
