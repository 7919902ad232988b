import { $, type ProcessOutput } from 'zx/core';

export interface ProgramOptions {
  /** Ends the program and all that it started. */
  signal?: AbortSignal | undefined;
  /** How they are ended. */
  endSignal?: NodeJS.Signals;
  /** Kills them after so long. */
  timeoutMs?: number | undefined;
  /** What it reads; without it, nothing is there to read. */
  input?: string | undefined;
  cwd?: string | undefined;
  /** Instead of this process's own. */
  env?: NodeJS.ProcessEnv | undefined;
}

export interface RunningProgram {
  stdout: NodeJS.ReadableStream;
  stderr: NodeJS.ReadableStream;
  /**
   * Its exit code with all that it wrote: 127 where the program is not there, null where a signal ended it. Rejects where
   * nothing could be started: a folder that is not there, arguments beyond what the kernel takes.
   */
  ended: Promise<ProcessOutput>;
}

/**
 * Starts a program by zx, which quotes each argument. It is the head of a process group, so that Ctrl-C comes to us and we
 * end it in order.
 */
export function startProgram(argv: string[], options: ProgramOptions = {}): RunningProgram {
  const { signal, endSignal = 'SIGTERM', timeoutMs, input, cwd, env = process.env } = options;
  const running = $({
    nothrow: true,
    quiet: true,
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    cwd: cwd ?? process.cwd(),
    env,
  })`${argv}`;
  if (input !== undefined) {
    // Where it ends before it has read everything, its exit says why.
    running.stdin.on('error', () => {});
    running.stdin.end(input);
  }
  const end = () => signalGroup(running.pid, endSignal);
  const timer = timeoutMs && setTimeout(() => signalGroup(running.pid, 'SIGKILL'), timeoutMs);
  if (signal?.aborted) end();
  signal?.addEventListener('abort', end, { once: true });
  const ended = running.then((output) => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
    if (output.cause) throw output.cause;
    return output;
  });
  return { stdout: running.stdout, stderr: running.stderr, ended };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // It has just ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
