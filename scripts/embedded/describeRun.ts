import { isRunning } from '../lib/processIdentity.ts';
import { answersOk } from './programService.ts';
import { readRunState } from './runState.ts';
import type { StateDir } from './stateDir.ts';

/** One service as it is now. */
export type ServiceStatus = {
  name: string;
  state: 'running' | 'down';
  pid: number | null;
  port: number | null;
  restarts: number;
  since: string;
};

/** Everything that runs here as it is now; `ready` is null when no address is known to ask. */
export type RunDescription = {
  running: boolean;
  phase: string | null;
  ready: boolean | null;
  since: string | null;
  urls: Record<string, string>;
  services: ServiceStatus[];
};

/** Reads the recorded state, looks whether each process is really there, and asks the API if it is ready. */
export async function describeRun(dir: StateDir): Promise<RunDescription> {
  const state = await readRunState(dir);
  if (!state) return { running: false, phase: null, ready: null, since: null, urls: {}, services: [] };
  const services = state.services.map(({ name, process, port, restarts, since }) => {
    const alive = process !== null && isRunning(process);
    return {
      name,
      state: alive ? 'running' : 'down',
      pid: alive ? process.pid : null,
      port,
      restarts,
      since,
    } as const;
  });
  const running = isRunning(state.supervisor);
  const ready = state.urls.ready === undefined ? null : await answersOk(state.urls.ready)();
  return {
    running,
    phase: running ? state.phase : null,
    ready,
    since: state.since,
    urls: state.urls,
    services,
  };
}
