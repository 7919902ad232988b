import { defineConfig } from 'vitest/config';

/** The bundle with the other object store: its image takes minutes to build, so it runs at night. */
export default defineConfig({
  test: {
    root: new URL('../../..', import.meta.url).pathname,
    include: ['scripts/bundle/versitygw/*.nightly.ts'],
    globalSetup: ['scripts/bundle/test/globalSetup.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
