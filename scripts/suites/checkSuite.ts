import { runProgram } from './runProgram.ts';
import type { Suite } from './suite.ts';

/** One check: a program that says by its exit code whether all is well. */
export function checkSuite(
  suite: Pick<Suite, 'name' | 'budgetMinutes' | 'missing'> & { command: string; args: string[] },
): Suite {
  const { command, args, ...about } = suite;
  return {
    ...about,
    async run({ logFile, signal }) {
      const code = await runProgram({ command, args, logFile, signal });
      return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [], ran: [] };
    },
  };
}
