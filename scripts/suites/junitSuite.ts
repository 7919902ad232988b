import { readJunit } from './readJunit.ts';
import { nodeFirst, runProgram } from './runProgram.ts';
import type { Suite } from './suite.ts';

/** A program that writes a JUnit report to the file that `args` is given. */
export function junitSuite(
  suite: Pick<Suite, 'name' | 'budgetMinutes' | 'missing' | 'nightly'> & {
    command: string;
    args(junitFile: string): string[];
  },
): Suite {
  const { command, args, ...about } = suite;
  return {
    ...about,
    async run({ logFile, junitFile, signal }) {
      const code = await runProgram({ command, args: args(junitFile), env: nodeFirst(), logFile, signal });
      const tally = await readJunit(junitFile);
      return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
    },
  };
}
