import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { CHECKOUT } from '../lib/checkout.ts';

export interface Program {
  command: string;
  args: string[];
  env?: Record<string, string>;
  logFile: string;
  signal: AbortSignal;
}

/** Runs a program in the checkout with its output in a file, and returns its exit code. Ends it when `signal` aborts. */
export async function runProgram(program: Program): Promise<number> {
  const log = await open(program.logFile, 'a');
  try {
    const child = spawn(program.command, program.args, {
      cwd: CHECKOUT,
      env: { ...process.env, ...program.env },
      stdio: ['ignore', log.fd, log.fd],
    });
    const stop = () => child.kill('SIGTERM');
    program.signal.addEventListener('abort', stop, { once: true });
    try {
      return await new Promise<number>((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (code, signal) => resolve(code ?? (signal ? 128 : 1)));
      });
    } finally {
      program.signal.removeEventListener('abort', stop);
    }
  } finally {
    await log.close();
  }
}

/** The Node of this process, first on the PATH of programs that look for one. */
export const nodeFirst = (): Record<string, string> => ({
  PATH: `${process.execPath.replace(/\/[^/]+$/, '')}:${process.env.PATH ?? ''}`,
});
