import { CHECKOUT } from '../lib/checkout.ts';
import type { Plan } from '../lib/command.ts';
import { hashInputs } from './hashInputs.ts';
import { readImage } from './imageFacts.ts';
import { type Image, imageList, imageTag } from './imageList.ts';
import { planBuild } from './planBuild.ts';

export interface ImageChoice {
  /** Which images; by default those that a bundle needs to run. */
  names?: string[];
  /** Without names: those too that a command builds when it is first used. */
  all?: boolean;
  tag: string;
  /** Build anew what is there already, with the newest packages: the named images, or all with their parents. */
  fresh?: boolean;
}

export interface ImagesLook {
  names: string[];
  /** Of every image, by its name: the hash of its inputs as they are now. */
  hashes: ReadonlyMap<string, string>;
  /** Parents first. */
  toBuild: (Image & { why: string })[];
}

const namesOf = (...purposes: Image['purpose'][]): string[] =>
  imageList.filter(({ purpose }) => purposes.includes(purpose)).map(({ name }) => name);

/** The names of the images that a bundle needs to run. */
export const bundleImages = (): string[] => namesOf('runs');

/** Those, and the ones that its commands come to need: whatever a host without a network must have. */
export const everyBundleImage = (): string[] => namesOf('runs', 'later');

/** Which images are to be built, and why: by the hash of their inputs that the engine's images carry. */
export async function lookAtImages(choice: ImageChoice): Promise<ImagesLook> {
  const names = choice.names ?? (choice.all ? everyBundleImage() : bundleImages());
  const hashes = new Map<string, string>();
  const found = new Map<string, string>();
  const present = new Map<string, string>();
  const isForced = (name: string) => choice.fresh === true && (choice.names?.includes(name) ?? true);
  for (const { name } of imageList) {
    hashes.set(name, await hashInputs(CHECKOUT, name));
    const image = await readImage(imageTag(name, choice.tag));
    if (!image) continue;
    found.set(name, image.hash);
    if (!isForced(name)) present.set(name, image.hash);
  }
  const whyOf = (name: string) => {
    if (!found.has(name)) return 'it is not there';
    return found.get(name) === hashes.get(name) ? '--fresh' : 'it was made from other files';
  };
  const toBuild = planBuild(names, { hashes, present }).map((image) => ({
    ...image,
    why: whyOf(image.name),
  }));
  return { names, hashes, toBuild };
}

/** The steps of a build, parents first. */
export const buildSteps = ({ toBuild }: ImagesLook): Plan['steps'] =>
  toBuild.map(({ name, summary, why }) => ({
    action: `build image ${name} (${summary}): ${why}`,
    image: name,
  }));

/** What `images` would build; no steps where every image is as it should be. */
export async function planImages(choice: ImageChoice): Promise<Plan> {
  const look = await lookAtImages(choice);
  const building = look.toBuild.map(({ name }) => name);
  const kept = look.names.filter((name) => !building.includes(name));
  const state = kept.length > 0 ? `as they should be: ${kept.join(', ')}` : 'none is as it should be';
  return { summary: building.length > 0 ? `would build; ${state}` : state, steps: buildSteps(look) };
}
