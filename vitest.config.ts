import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{api,worker,scripts,chaos-tests,packages/*}/**/*.test.ts'],
    // The tests of a running bundle have configurations of their own.
    exclude: [
      '**/node_modules/**',
      '.stack/**',
      'scripts/bundle/test/**',
      'scripts/bundle/versitygw/**',
      'scripts/doctor/bundle/**',
    ],
    globalSetup: ['packages/testkit/src/globalSetup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
