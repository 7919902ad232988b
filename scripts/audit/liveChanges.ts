import { type Inspected, serviceOf } from './inspected.ts';

/** What `docker compose config --format json` says of a service: the part that the engine changes on a live container. */
export interface DeclaredService {
  networks?: Record<string, { ipv4_address?: string } | null>;
  network_mode?: string;
  /** In bytes. */
  mem_limit?: string;
  cpus?: number | string;
  pids_limit?: number;
  restart?: string;
}

/** The same of networks: their full names. */
export type DeclaredNetworks = Record<string, { name: string }>;

/** A change, and the command that takes it back. `./stack up` would not: Compose looks at what it made, once. */
export interface LiveChange {
  difference: string;
  fix: string;
}

/** What `docker update` and `docker network` have changed on a container since it was made. */
export function liveChanges(
  container: Inspected,
  declared: DeclaredService,
  networks: DeclaredNetworks,
): LiveChange[] {
  return [...changedLimits(container, declared), ...changedNetworks(container, declared, networks)];
}

function changedLimits(
  { Name, HostConfig: { Memory, NanoCpus, PidsLimit, RestartPolicy } }: Inspected,
  declared: DeclaredService,
): LiveChange[] {
  const memory = Number(declared.mem_limit ?? 0);
  const cpus = Number(declared.cpus ?? 0);
  const pids = declared.pids_limit ?? 0;
  const policy = declared.restart ?? 'no';
  const { Name: kind = '', MaximumRetryCount: tries } = RestartPolicy;
  const limits = [
    {
      what: 'memory limit',
      is: bytes(Memory),
      said: bytes(memory),
      // As the engine sets it where only the memory is given; without it the limit may not sink below the swap's.
      flags: `--memory ${memory} --memory-swap ${2 * memory}`,
    },
    { what: 'limit of cpus', is: count(NanoCpus / 1e9), said: count(cpus), flags: `--cpus ${cpus}` },
    {
      what: 'limit of processes',
      is: count(PidsLimit ?? 0),
      said: count(pids),
      flags: `--pids-limit ${pids || -1}`,
    },
    {
      what: 'restart policy',
      is: `${kind || 'no'}${tries > 0 ? `:${tries}` : ''}`,
      said: policy,
      flags: `--restart ${policy}`,
    },
  ];
  return limits
    .filter(({ is, said }) => is !== said)
    .map(({ what, is, said, flags }) => ({
      difference: `its ${what} is ${is}, declared is ${said}`,
      fix: `docker update ${flags} ${Name.slice(1)}`,
    }));
}

function changedNetworks(
  container: Inspected,
  { networks: declared = {}, network_mode: mode }: DeclaredService,
  names: DeclaredNetworks,
): LiveChange[] {
  const name = container.Name.slice(1);
  const service = serviceOf(container);
  const attached = container.NetworkSettings.Networks ?? {};
  const wanted = new Map<string, string>(mode === undefined ? [] : [[mode, '']]);
  for (const [key, settings] of Object.entries(declared)) {
    wanted.set(names[key]?.name ?? key, settings?.ipv4_address ?? '');
  }
  const leave = (network: string) => `docker network disconnect ${network} ${name}`;
  const enter = (network: string, address: string) =>
    `docker network connect ${address && `--ip ${address} `}--alias ${service} ${network} ${name}`;
  const found: LiveChange[] = Object.keys(attached)
    .filter((network) => !wanted.has(network))
    .map((network) => ({ difference: `it is on ${network}, which is not declared`, fix: leave(network) }));
  for (const [network, address] of wanted) {
    const endpoint = attached[network];
    const again = enter(network, address);
    const fixed = endpoint?.IPAMConfig?.IPv4Address ?? '';
    if (!endpoint) {
      found.push({ difference: `it is not on ${network}`, fix: again });
    } else if (fixed !== address) {
      const difference = `its fixed address on ${network} is ${fixed || 'none'}, declared is ${address || 'none'}`;
      found.push({ difference, fix: `${leave(network)} && ${again}` });
    } else if (mode === undefined && !endpoint.Aliases?.includes(service)) {
      const difference = `on ${network} it is not found by the name ${service}`;
      found.push({ difference, fix: `${leave(network)} && ${again}` });
    }
  }
  return found;
}

const bytes = (value: number) => (value > 0 ? `${value / 2 ** 20} MiB` : 'none');
const count = (value: number) => (value > 0 ? String(value) : 'none');
