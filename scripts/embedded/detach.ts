import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CommandError } from '../lib/commandErrors.ts';
import { findRunning, type RunState } from './runState.ts';
import { makeStateDir, type StateDir } from './stateDir.ts';

/** `argv` is the command line of the foreground supervisor, for example `['up', '--embedded']`. */
export type DetachOptions = {
  dir: StateDir;
  argv: string[];
  deadlineMs: number;
  signal: AbortSignal;
  main?: string;
};

const mainFile = fileURLToPath(new URL('../main.ts', import.meta.url));
const pollMs = 100;

/**
 * Starts a supervisor that outlives this command and waits until it reports that everything is ready. Throws
 * with the end of its output when it ends before or the deadline passes; it is stopped then.
 */
export async function detachSupervisor(options: DetachOptions): Promise<RunState> {
  const { dir, signal } = options;
  await makeStateDir(dir);
  const logFile = join(dir.logs, 'supervisor.log');
  const log = openSync(logFile, 'w', 0o600);
  const child = spawn(process.execPath, [options.main ?? mainFile, ...options.argv], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let ended: number | undefined;
  child.once('exit', (code) => {
    ended = code ?? 1;
  });
  child.once('error', () => {
    ended = 1;
  });
  const deadline = Date.now() + options.deadlineMs;
  for (;;) {
    const state = await findRunning(dir);
    if (state?.phase === 'ready' && state.supervisor.pid === child.pid) break;
    if (ended !== undefined || signal.aborted || Date.now() > deadline) {
      if (ended === undefined) child.kill('SIGTERM');
      signal.throwIfAborted();
      throw await explainFailure(logFile, ended);
    }
    await delay(pollMs);
  }
  child.unref();
  const state = await findRunning(dir);
  if (!state) throw await explainFailure(logFile, ended);
  return state;
}

async function explainFailure(logFile: string, code: number | undefined): Promise<CommandError> {
  const tail = (await readFile(logFile, 'utf8')).trimEnd().split('\n').slice(-12).join('\n');
  return new CommandError({
    what: code === undefined ? 'it was not ready in time' : `it ended with exit code ${code} while starting`,
    why: tail,
    next: './stack logs',
  });
}
