import { defineConfig } from 'vitest/config';

/** A bundle whose database, Redis, Vault and object storage are elsewhere; it is a second bundle, so it runs at night. */
export default defineConfig({
  test: {
    root: new URL('../../..', import.meta.url).pathname,
    include: ['scripts/bundle/external/*.nightly.ts'],
    testTimeout: 600_000,
    hookTimeout: 1_800_000,
  },
});
