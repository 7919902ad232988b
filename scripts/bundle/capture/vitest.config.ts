import { defineConfig } from 'vitest/config';

/** Whom an installation talks to: it builds from nothing and runs a bundle of its own, so it runs at night. */
export default defineConfig({
  test: {
    root: new URL('../../..', import.meta.url).pathname,
    include: ['scripts/bundle/capture/*.nightly.ts'],
    testTimeout: 1_800_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});
