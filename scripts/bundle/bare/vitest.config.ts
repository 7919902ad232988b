import { defineConfig } from 'vitest/config';

/** From a bare Debian to the receipt: it builds every image from nothing, so it runs at night. */
export default defineConfig({
  test: {
    root: new URL('../../..', import.meta.url).pathname,
    include: ['scripts/bundle/bare/*.nightly.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 900_000,
    fileParallelism: false,
    bail: 1,
  },
});
