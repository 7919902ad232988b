import { kill } from 'node:process';
import type { BundleDir } from '@origin-stack/scripts/bundle/bundleDir.ts';
import { mustDocker } from '@origin-stack/scripts/bundle/compose.ts';
import { listContainers } from '@origin-stack/scripts/bundle/containers.ts';
import type { Fault } from '../scenario.ts';

const POLICY = 'unless-stopped';
/** What tells a service that was stopped here from one that somebody else stopped. */
const HELD = 'no';

/**
 * Kills a service's first process as the kernel would (`docker kill` would not be the same to the engine), and has it stay
 * away: the engine would start it again before an alert can tell.
 */
export const stopService = (service: string): Fault => ({
  service,
  async inject({ dir }) {
    const id = await containerOf(dir, service);
    const pid = Number(await mustDocker(['inspect', '--format', '{{.State.Pid}}', id]));
    if (!(pid > 1)) throw new Error(`${service} has no process to kill`);
    await mustDocker(['update', '--restart', HELD, id]);
    kill(pid, 'SIGKILL');
    return `kill -9 of ${service} (process ${pid}), which stays away until it is healed`;
  },
  async heal({ dir }) {
    const id = await containerOf(dir, service);
    if (id === '') return;
    const policy = await mustDocker(['inspect', '--format', '{{.HostConfig.RestartPolicy.Name}}', id]);
    if (policy.trim() !== HELD) return;
    // The mark goes last: a heal that is cut short is one that the next one does.
    await mustDocker(['start', id]);
    await mustDocker(['update', '--restart', POLICY, id]);
  },
});

/** Its container; empty where the bundle is down, or the service is somebody else's. */
const containerOf = async (dir: BundleDir, service: string) =>
  (await listContainers(dir)).find((one) => one.service === service)?.id ?? '';
