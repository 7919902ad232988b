import { kill } from 'node:process';
import { composeArgv, docker, mustDocker } from '../compose.ts';
import type { TheBundle } from './theBundle.ts';

/** What the engine knows of a service's container. */
export interface Inspected {
  id: string;
  name: string;
  /** As its tag names it. */
  image: string;
  /** Its first process, as the host numbers it. */
  pid: number;
  startedAt: string;
  health: string;
}

export async function inspectService(bundle: TheBundle, service: string): Promise<Inspected> {
  const id = (await mustDocker(composeArgv(bundle.dir, 'ps', '--all', '--quiet', service))).trim();
  const [found] = JSON.parse(await mustDocker(['inspect', id]));
  const { State: state, Name: name, Config: config } = found;
  return {
    id,
    name: name.replace(/^\//, ''),
    image: config.Image,
    pid: state.Pid,
    startedAt: state.StartedAt,
    health: state.Health?.Status ?? '',
  };
}

/** Kills a container's first process as the kernel would: unlike `docker kill` it leaves the restart to the policy. */
export async function killFirstProcess(bundle: TheBundle, service: string): Promise<Inspected> {
  const before = await inspectService(bundle, service);
  kill(before.pid, 'SIGKILL');
  return before;
}

/** What a service has written since its container was made, both streams. */
export async function logOf(bundle: TheBundle, service: string): Promise<string> {
  const { stdout, stderr } = await docker(['logs', (await inspectService(bundle, service)).id]);
  return stdout + stderr;
}
