import { randomBytes } from 'node:crypto';
import { mustDocker } from '../../bundle/compose.ts';
import type { Inspected } from '../inspected.ts';
import { inspect } from '../readFacts.ts';

/** As compose.yml hardens each service, flag by flag. */
const HARDENED = [
  '--user=10099:10099',
  '--read-only',
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges:true',
  '--init',
  '--pids-limit=20',
  '--ulimit=core=0:0',
  '--memory=32m',
  '--cpus=0.5',
  '--restart=unless-stopped',
  '--tmpfs=/tmp:noexec,nosuid,nodev,size=1m',
  '--log-driver=json-file',
  '--log-opt=max-size=1m',
  '--log-opt=max-file=2',
  '--health-cmd=true',
  '--health-start-period=5s',
];

export interface Sabotage {
  /** Flags that are taken away, by their beginning. */
  without?: string[];
  with?: string[];
  command?: string[];
  start?: boolean;
}

/** Makes a hardened container of the base image with one fault, and gives what the engine says of it. */
export async function sabotaged(
  image: string,
  network: string,
  { without = [], with: added = [], command = ['sleep', '600'], start = false }: Sabotage,
): Promise<Inspected> {
  const kept = HARDENED.filter((flag) => !without.some((start) => flag.startsWith(start)));
  const networks = added.some((flag) => flag.startsWith('--network')) ? [] : [`--network=${network}`];
  const name = `origin-audit-test-${randomBytes(6).toString('hex')}`;
  const argv = [`--name=${name}`, `--label=org.origin-stack.test=${network}`, ...kept, ...networks, ...added];
  await mustDocker(['create', ...argv, image, ...command]);
  if (start) await mustDocker(['start', name]);
  const [container] = await inspect([name]);
  if (container === undefined) throw new Error(`${name} is not there`);
  return container;
}

/** Removes every container and the network of one test run. */
export async function removeAll(network: string): Promise<void> {
  const filter = `label=org.origin-stack.test=${network}`;
  const ids = (await mustDocker(['ps', '--all', '--quiet', '--filter', filter])).split('\n').filter(Boolean);
  // One after the other: an engine may lose count of a network whose containers go at the same time (moby issue 42119).
  for (const id of ids) await mustDocker(['rm', '--force', '--volumes', id]);
  await mustDocker(['network', 'rm', network]);
}
