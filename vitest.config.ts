import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{api,worker,scripts,chaos-tests,packages/*}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '.stack/**'],
    globalSetup: ['packages/testkit/src/globalSetup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
