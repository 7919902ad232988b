import { appendFileSync } from 'node:fs';
import { startProgram } from '../lib/startProgram.ts';

/** How a program ended; `output` is what it wrote to both streams, its end first of all. */
export type ToolResult = { code: number; output: string };

export type ToolOptions = {
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
  env?: Record<string, string>;
  cwd?: string;
  /** Everything the program writes is added here. */
  logFile?: string;
};

const KEPT_CHARACTERS = 200_000;

/**
 * Runs a program and says how it ended. A program that is not there gives 127, one that was ended 128. Throws where nothing
 * could be started, as `startProgram` says.
 */
export async function runTool(
  program: string,
  args: string[],
  { logFile, env, ...options }: ToolOptions = {},
): Promise<ToolResult> {
  const running = startProgram([program, ...args], {
    ...options,
    env: { ...process.env, LC_ALL: 'C', ...env },
  });
  if (logFile) {
    for (const stream of [running.stdout, running.stderr]) {
      stream.on('data', (chunk) => appendFileSync(logFile, chunk));
    }
  }
  const { exitCode, stdall } = await running.ended;
  return { code: exitCode ?? 128, output: stdall.trim().slice(-KEPT_CHARACTERS) };
}

/** The last lines of a program's output, for an error's "why". */
export const lastLines = (output: string, count: number): string =>
  output.trim().split('\n').slice(-count).join('\n');
