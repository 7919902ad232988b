const AT_ONCE = 16;

/** Runs a check on many things, some at a time, and gathers what it found. */
export async function inParallel<T>(things: T[], check: (thing: T) => Promise<string[]>): Promise<string[]> {
  const queue = [...things];
  const found: string[] = [];
  const run = async () => {
    for (let thing = queue.shift(); thing !== undefined; thing = queue.shift()) {
      found.push(...(await check(thing)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
  return found;
}
