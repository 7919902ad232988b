import { once } from 'node:events';
import { identifyProcess } from '../lib/processIdentity.ts';
import { acquireRunLock } from '../lib/runLock.ts';
import { keepLogsBounded } from './boundedLogs.ts';
import { type KeptService, keepRunning } from './keepRunning.ts';
import { defaultRestartPolicy, type RestartPolicy } from './restartPolicy.ts';
import { type RunState, removeRunState, type ServiceState, writeRunState } from './runState.ts';
import type { RunningService, Service } from './service.ts';
import { makeStateDir, type StateDir } from './stateDir.ts';
import { stopOrphans } from './stopOrphans.ts';

/**
 * `bases` start side by side first; `programs` is called when they are ready (migrate here) and what it
 * returns starts one after the other. `onReady` runs once, when all of them are ready, and makes the run ready.
 */
export type SuperviseOptions = {
  dir: StateDir;
  purpose: string;
  bases: Service[];
  programs: () => Promise<Service[]>;
  /** Runs before anything is started, when nothing of a former run is left. */
  beforeStart?: () => Promise<void>;
  urls: Record<string, string>;
  onReady: () => Promise<void>;
  signal: AbortSignal;
  report: (message: string) => void;
  restartPolicy?: RestartPolicy;
};

/**
 * Runs services until `signal` aborts, restarting what ends by itself, then stops them in the reverse order
 * of their start. Throws LockedError when another supervisor uses the state directory, and what kept a
 * service from starting or made it be given up; everything is stopped before it throws.
 */
export async function supervise(options: SuperviseOptions): Promise<void> {
  const { dir, signal, report } = options;
  await makeStateDir(dir);
  const releaseLock = await acquireRunLock(dir.lockFile, options.purpose);
  const kept: KeptService[] = [];
  const record = createRecord(options);
  try {
    const orphans = await stopOrphans(dir);
    if (orphans.length > 0) report(`stopped what a killed run had left behind: ${orphans.join(', ')}`);
    await options.beforeStart?.();
    await using _logs = keepLogsBounded(dir);
    await record.write();
    const start = async (service: Service) => {
      const onChange = (running: RunningService | undefined, restarts: number) =>
        record.setService(service, running, restarts);
      const policy = options.restartPolicy ?? defaultRestartPolicy;
      kept.push(await keepRunning(service, { policy, signal, onChange, report }));
    };
    await startAll(options.bases, start);
    signal.throwIfAborted();
    for (const program of await options.programs()) {
      signal.throwIfAborted();
      await start(program);
    }
    await options.onReady();
    await record.setPhase('ready');
    await Promise.race([aborted(signal), ...kept.map((service) => service.gaveUp)]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await record.setPhase('stopping');
    for (const service of kept.toReversed()) await service.stop();
    await removeRunState(dir);
    await releaseLock();
  }
}

/** All start side by side; a failure is thrown only when the others have settled and can be stopped. */
async function startAll(services: Service[], start: (service: Service) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(services.map(start));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** The state file as the supervisor keeps it; writes follow one another in order. */
function createRecord({ dir, urls }: SuperviseOptions) {
  const supervisor = identifyProcess(process.pid);
  if (!supervisor) throw new Error('this process cannot identify itself');
  const services = new Map<string, ServiceState>();
  const now = () => new Date().toISOString();
  const state: RunState = { supervisor, phase: 'starting', since: now(), urls, services: [] };
  let writing = Promise.resolve();
  const write = () => {
    writing = writing.then(() => writeRunState(dir, { ...state, services: [...services.values()] }));
    return writing;
  };
  return {
    write,
    setPhase: (phase: RunState['phase']) => {
      state.phase = phase;
      return write();
    },
    setService: (service: Service, running: RunningService | undefined, restarts: number) => {
      services.set(service.name, {
        name: service.name,
        process: running ? (identifyProcess(running.pid) ?? null) : null,
        stopSignal: service.stopSignal,
        port: running?.port ?? services.get(service.name)?.port ?? null,
        restarts,
        since: now(),
      });
      return write();
    },
  };
}
