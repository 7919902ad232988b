import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';

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

/** Runs a program and says how it ended. A program that is not there gives 127, one that was ended 128. */
export function runTool(program: string, args: string[], options: ToolOptions = {}): Promise<ToolResult> {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, LC_ALL: 'C', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const take = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-KEPT_CHARACTERS);
      if (options.logFile) appendFileSync(options.logFile, chunk);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const stop = () => child.kill('SIGTERM');
    const timer = options.timeoutMs ? setTimeout(() => child.kill('SIGKILL'), options.timeoutMs) : undefined;
    options.signal?.addEventListener('abort', stop, { once: true });
    const close = (code: number) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', stop);
      resolve({ code, output: output.trim() });
    };
    child.once('error', (error) => {
      output += error.message;
      close(127);
    });
    child.once('close', (code) => close(code ?? 128));
  });
}

/** The last lines of a program's output, for an error's "why". */
export const lastLines = (output: string, count: number): string =>
  output.trim().split('\n').slice(-count).join('\n');
