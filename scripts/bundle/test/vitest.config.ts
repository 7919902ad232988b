import { defineConfig } from 'vitest/config';

/** The tests of the running bundle: one bundle for all, so one file after the other. */
export default defineConfig({
  test: {
    root: new URL('../../..', import.meta.url).pathname,
    include: ['scripts/bundle/test/**/*.test.ts', 'scripts/doctor/bundle.test.ts'],
    globalSetup: ['scripts/bundle/test/globalSetup.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    fileParallelism: false,
  },
});
