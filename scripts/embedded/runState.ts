import { rm } from 'node:fs/promises';
import { isRunning, type ProcessIdentity } from '../lib/processIdentity.ts';
import { readIfThere } from '../lib/readIfThere.ts';
import { writeFileAtomically } from '../lib/writeFileAtomically.ts';
import type { StateDir } from './stateDir.ts';

/** One service as the supervisor last saw it. `process` is null while it is being restarted. */
export type ServiceState = {
  name: string;
  process: ProcessIdentity | null;
  stopSignal: NodeJS.Signals;
  port: number | null;
  restarts: number;
  since: string;
};

/** What runs here: written by the supervisor at every change, read by `up`, `down`, `status` and `logs`. */
export type RunState = {
  supervisor: ProcessIdentity;
  phase: 'starting' | 'ready' | 'stopping';
  since: string;
  urls: Record<string, string>;
  services: ServiceState[];
};

/** The recorded state, whether or not it is still true; undefined when there is none. */
export async function readRunState(dir: StateDir): Promise<RunState | undefined> {
  const text = await readIfThere(dir.stateFile);
  return text && (JSON.parse(text.toString()) as RunState);
}

/** The state of a supervisor that is alive now. */
export async function findRunning(dir: StateDir): Promise<RunState | undefined> {
  const state = await readRunState(dir);
  return state && isRunning(state.supervisor) ? state : undefined;
}

export async function writeRunState(dir: StateDir, state: RunState): Promise<void> {
  await writeFileAtomically(dir.stateFile, `${JSON.stringify(state, null, 2)}\n`);
}

export async function removeRunState(dir: StateDir): Promise<void> {
  await rm(dir.stateFile, { force: true });
}
