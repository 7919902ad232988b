import type { Image } from './imageList.ts';

/**
 * Runs `build` for every image, at most `jobs` at once, each after those of its parents that are in the list.
 * After a failure it starts nothing more, aborts what runs, waits for its end and throws the first error.
 */
export async function runInOrder(
  images: Image[],
  options: { jobs: number; signal: AbortSignal },
  build: (image: Image, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const waiting = [...images];
  const open = new Set(images.map(({ name }) => name));
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const isReady = (image: Image) => Object.values(image.parents).every((parent) => !open.has(parent));
  for (;;) {
    while (running.size < options.jobs && !signal.aborted) {
      const next = waiting.findIndex(isReady);
      if (next < 0) break;
      const [image] = waiting.splice(next, 1) as [Image];
      const job: Promise<void> = build(image, signal)
        .then(() => void open.delete(image.name))
        .catch((error) => {
          failures.push(error);
          stop.abort();
        })
        .finally(() => running.delete(job));
      running.add(job);
    }
    if (running.size === 0) break;
    await Promise.race(running);
  }
  if (failures.length > 0) throw failures[0];
  options.signal.throwIfAborted();
}
