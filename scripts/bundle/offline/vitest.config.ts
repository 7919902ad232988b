import { defineConfig } from 'vitest/config';

/** An installation without a network: it packs and loads every image, so it runs at night. */
export default defineConfig({
  test: {
    root: new URL('../../..', import.meta.url).pathname,
    include: ['scripts/bundle/offline/*.nightly.ts'],
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
