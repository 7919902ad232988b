import { hashInputs, imageReference } from '../../images/hashInputs.ts';
import { readImage } from '../../images/imageFacts.ts';
import { everyBundleImage } from '../../images/lookAtImages.ts';

/** By image: the hash of everything that it is, or was, made of. */
export type ImageInputs = Record<string, string>;

/** Of a checkout, for every image of a bundle. */
export const imageInputs = (checkout: string): Promise<ImageInputs> =>
  ofEach((name) => hashInputs(checkout, name));

/** Of the images that the engine has under the names of this checkout; empty where it has none. */
export const inputsOfEngine = (): Promise<ImageInputs> =>
  ofEach(async (name) => (await readImage(await imageReference(name)))?.hash ?? '');

/** The images that are missing, or were made from other files. */
export const differing = (wanted: ImageInputs, found: ImageInputs): string[] =>
  Object.keys(wanted).filter((name) => wanted[name] !== found[name]);

async function ofEach(look: (name: string) => Promise<string>): Promise<ImageInputs> {
  const inputs: ImageInputs = {};
  for (const name of everyBundleImage()) inputs[name] = await look(name);
  return inputs;
}
