import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The command line's program: `node mainFile ARGS` is `./stack ARGS`. */
export const mainFile = fileURLToPath(new URL('../../scripts/main.ts', import.meta.url));

export interface CommandOutcome {
  code: number;
  stdout: string;
  stderr: string;
}

const DEADLINE_MS = 120_000;
const MAX_OUTPUT_BYTES = 64 << 20;

/** Runs one command to its end. `env` is the whole environment; without it this process's. */
export function runStack(args: string[], env?: NodeJS.ProcessEnv): Promise<CommandOutcome> {
  const options = { timeout: DEADLINE_MS, maxBuffer: MAX_OUTPUT_BYTES, ...(env ? { env } : {}) };
  return new Promise((resolve) => {
    execFile(process.execPath, [mainFile, ...args], options, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
      resolve({ code, stdout, stderr });
    });
  });
}
