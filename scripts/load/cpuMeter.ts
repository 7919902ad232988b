import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustDocker } from '../bundle/compose.ts';

const CGROUPS = '/sys/fs/cgroup';
const LINE = '{{.Id}} {{.State.Pid}} {{index .Config.Labels "com.docker.compose.service"}}';

/** What says how much processor time a container has used, in seconds since its start. */
export interface CpuMeter {
  service: string;
  read(): Promise<number>;
}

/** Meters of every container of a project that runs; none where the engine's processes are not this host's. */
export async function openCpuMeters(project: string): Promise<CpuMeter[]> {
  const filter = `label=com.docker.compose.project=${project}`;
  const ids = (await mustDocker(['ps', '--quiet', '--filter', filter])).split('\n').filter(Boolean);
  if (ids.length === 0) return [];
  const lines = (await mustDocker(['inspect', '--format', LINE, ...ids])).trim().split('\n');
  const meters = lines.map(async (line) => {
    const [id = '', pid = '', service = ''] = line.split(' ');
    const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
    const account = accountOf(groups, id);
    return account && { service, read: async () => account.toSeconds(await readFile(account.file, 'utf8')) };
  });
  return (await Promise.all(meters)).filter((meter) => meter !== undefined);
}

interface Account {
  file: string;
  toSeconds(text: string): number;
}

/**
 * Where the kernel accounts for a container's processor time, by `/proc/PID/cgroup` (cgroups(7)), version 1 or 2. The
 * container's id must stand in it: on another host the number of the process is somebody else's.
 */
export function accountOf(groups: string, containerId: string): Account | undefined {
  for (const line of groups.split('\n')) {
    const [, controllers, path = ''] = /^\d+:([^:]*):(.+)$/.exec(line) ?? [];
    if (controllers === undefined || !path.includes(containerId)) continue;
    if (controllers.split(',').includes('cpuacct')) {
      const file = join(CGROUPS, controllers, path, 'cpuacct.usage');
      return { file, toSeconds: (text) => Number(text) / 1e9 };
    }
    if (controllers === '') {
      const file = join(CGROUPS, path, 'cpu.stat');
      return { file, toSeconds: (text) => Number(/^usage_usec (\d+)$/m.exec(text)?.[1]) / 1e6 };
    }
  }
  return undefined;
}
