import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, type ProcessIdentity } from '../lib/processIdentity.ts';
import { readRunState, removeRunState } from './runState.ts';
import type { StateDir } from './stateDir.ts';

const pollMs = 50;

/**
 * Stops what a supervisor that was killed has left behind: only processes whose number and start are those
 * that it recorded, the last started first. Returns their names. Call it with the lock held.
 */
export async function stopOrphans(dir: StateDir, options: { deadlineMs?: number } = {}): Promise<string[]> {
  const state = await readRunState(dir);
  if (!state || isRunning(state.supervisor)) return [];
  const stopped: string[] = [];
  for (const service of state.services.toReversed()) {
    if (service.process === null || !isRunning(service.process)) continue;
    await stopProcess(service.process, {
      signal: service.stopSignal,
      deadlineMs: options.deadlineMs ?? 20_000,
    });
    stopped.push(service.name);
  }
  await removeRunState(dir);
  return stopped;
}

/** Signals a process and waits until it is gone; at the deadline it is killed. */
export async function stopProcess(
  target: ProcessIdentity,
  options: { signal: NodeJS.Signals; deadlineMs: number },
): Promise<void> {
  signalIfRunning(target, options.signal);
  const deadline = Date.now() + options.deadlineMs;
  while (isRunning(target)) {
    if (Date.now() > deadline) signalIfRunning(target, 'SIGKILL');
    await delay(pollMs);
  }
}

function signalIfRunning(target: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isRunning(target)) return;
  try {
    process.kill(target.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
