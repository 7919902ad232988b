import { defineConfig } from 'vitest/config';

/** The bundle with the other object store: one of its own, since what lies in one store is not in the other. */
export default defineConfig({
  test: {
    root: new URL('../../..', import.meta.url).pathname,
    include: ['scripts/bundle/versitygw/*.test.ts'],
    globalSetup: ['scripts/bundle/test/globalSetup.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
