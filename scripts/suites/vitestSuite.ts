import { join } from 'node:path';
import { CHECKOUT } from '../lib/checkout.ts';
import { readJunit } from './readJunit.ts';
import { nodeFirst, runProgram } from './runProgram.ts';
import type { Suite } from './suite.ts';

const VITEST = join(CHECKOUT, 'node_modules', 'vitest', 'vitest.mjs');

/** The vitest files below some folders, by the configuration of the checkout where no other is named. */
export function vitestSuite(
  suite: Pick<Suite, 'name' | 'budgetMinutes' | 'missing' | 'nightly'> & {
    folders: string[];
    config?: string;
  },
): Suite {
  const { folders, config, ...about } = suite;
  return {
    ...about,
    async run({ logFile, junitFile, signal }) {
      const report = ['--reporter=default', '--reporter=junit', `--outputFile.junit=${junitFile}`];
      const args = [
        VITEST,
        'run',
        ...folders,
        ...report,
        '--no-color',
        ...(config ? ['--config', config] : []),
      ];
      const code = await runProgram({ command: process.execPath, args, env: nodeFirst(), logFile, signal });
      const tally = await readJunit(junitFile);
      // A run can also fail outside its cases: an error that nobody caught, a leak at the end.
      return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
    },
  };
}
