import type { Plan } from '../lib/command.ts';
import { isRunning } from '../lib/processIdentity.ts';
import { acquireRunLock } from '../lib/runLock.ts';
import { readRunState } from './runState.ts';
import type { StateDir } from './stateDir.ts';
import { stopOrphans, stopProcess } from './stopOrphans.ts';

/** The supervisor gives each service its own deadline; this one covers all of them, one after the other. */
const stopDeadlineMs = 120_000;

/** What `stopSupervisor` would stop, in its order. */
export async function planStop(dir: StateDir): Promise<Plan> {
  const state = await readRunState(dir);
  const services = (state?.services ?? []).filter(({ process }) => process !== null && isRunning(process));
  const supervised = state !== undefined && isRunning(state.supervisor);
  const steps = services.toReversed().map(({ name, process }) => ({
    action: `stop ${name} (process ${process?.pid})`,
    service: name,
    pid: process?.pid ?? null,
  }));
  if (supervised) {
    const { pid } = state.supervisor;
    steps.push({ action: `stop the supervisor (process ${pid})`, service: 'supervisor', pid });
  }
  return { summary: steps.length === 0 ? 'nothing runs here' : 'would stop, in this order', steps };
}

/** Stops a foreground or detached supervisor with its services, or what a killed one left; returns the names. */
export async function stopSupervisor(dir: StateDir): Promise<string[]> {
  const state = await readRunState(dir);
  if (!state) return [];
  const names = state.services.filter(({ process }) => process !== null).map(({ name }) => name);
  if (isRunning(state.supervisor)) {
    await stopProcess(state.supervisor, { signal: 'SIGTERM', deadlineMs: stopDeadlineMs });
  }
  const releaseLock = await acquireRunLock(dir.lockFile, './stack down');
  try {
    await stopOrphans(dir);
  } finally {
    await releaseLock();
  }
  return names.toReversed();
}
