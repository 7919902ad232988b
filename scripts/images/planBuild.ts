import { findImage, type Image, imageList } from './imageList.ts';

/**
 * Which images are to be built so that all of `names` are there, parents first: those whose hash is not that of
 * what is present, and of the parents only what these need.
 */
export function planBuild(
  names: string[],
  state: { hashes: ReadonlyMap<string, string>; present: ReadonlyMap<string, string> },
): Image[] {
  const wanted = new Set<string>();
  const want = (name: string) => {
    if (wanted.has(name) || state.present.get(name) === state.hashes.get(name)) return;
    wanted.add(name);
    for (const parent of Object.values(findImage(name).parents)) want(parent);
  };
  for (const name of names) want(name);
  return imageList.filter(({ name }) => wanted.has(name));
}
