import { defineConfig } from 'vitest/config';

/** The tests of the running bundle: one bundle for all, so one file after the other. */
export default defineConfig({
  test: {
    root: new URL('../../..', import.meta.url).pathname,
    include: ['scripts/bundle/test/**/*.test.ts', 'scripts/doctor/bundle/*.test.ts'],
    globalSetup: ['scripts/bundle/test/globalSetup.ts'],
    // Its reaper is an image of somebody else's: what a test starts it removes itself.
    env: { TESTCONTAINERS_RYUK_DISABLED: 'true' },
    testTimeout: 120_000,
    hookTimeout: 180_000,
    fileParallelism: false,
  },
});
