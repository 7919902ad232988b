import { CHECKOUT } from '../lib/checkout.ts';
import type { Plan } from '../lib/command.ts';
import { hashEveryImage, tagOf } from './hashInputs.ts';
import { readBuiltImages } from './imageFacts.ts';
import { type Image, imageList, imageTag } from './imageList.ts';
import { planBuild } from './planBuild.ts';

export interface ImageChoice {
  /** Which images; by default those that a bundle needs to run. */
  names?: string[];
  /** Without names: those too that a command builds when it is first used. */
  all?: boolean;
  /** Build anew what is there already, with the newest packages: the named images, or all with their parents. */
  fresh?: boolean;
}

export interface ImagesLook {
  names: string[];
  /** Of every image, by its name: the hash of its inputs as they are now. */
  hashes: ReadonlyMap<string, string>;
  /** What it is called, by its name. */
  references: ReadonlyMap<string, string>;
  /** By the name that it lacks: the id of an image that is made of the same, under another one. */
  toName: ReadonlyMap<string, string>;
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
  const hashes = await hashEveryImage(CHECKOUT);
  const references = new Map([...hashes].map(([name, hash]) => [name, imageTag(name, tagOf(hash))]));
  const found = new Map<string, string>();
  const present = new Map<string, string>();
  const isForced = (name: string) => choice.fresh === true && (choice.names?.includes(name) ?? true);
  const built = await readBuiltImages();
  const toName = new Map<string, string>();
  for (const [name, reference] of references) {
    const hash = hashes.get(name) ?? '';
    const same = built.filter((image) => image.hash === hash);
    const named = same.find((image) => image.references.includes(reference));
    const [other] = same;
    if (!named && !other) continue;
    found.set(name, hash);
    if (isForced(name)) continue;
    present.set(name, hash);
    if (!named && other) toName.set(reference, other.id);
  }
  const whyOf = (name: string) => (found.has(name) ? '--fresh' : 'it is not there');
  const toBuild = planBuild(names, { hashes, present }).map((image) => ({
    ...image,
    why: whyOf(image.name),
  }));
  return { names, hashes, references, toName, toBuild };
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
