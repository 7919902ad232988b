import { BlockList, isIPv4 } from 'node:net';
import { docker } from '../../bundle/compose.ts';
import { parseAnswer } from '../../lib/parseAnswer.ts';
import { defineCheck, error } from '../doctorCheck.ts';

const FIX = './stack down, then ./stack up --subnet 10.213.89 (any free /24)';

/** The fixed addresses of the bundle belong to nobody else: another network of the engine, or a network of the host. */
export const subnets = defineCheck({
  name: 'subnets',
  rule: "the bundle's subnet collides with no network of the host",
  needs: 'settings',
  async detect({ settings, host, engine }) {
    const own = `${settings.ORIGIN_SUBNET}.0/24`;
    const project = settings.COMPOSE_PROJECT_NAME;
    const networks = engine ? await engineNetworks() : [];
    const bridges = new Set(networks.map(({ bridge }) => bridge));
    const ofTheEngine = networks
      .filter((network) => network.project !== project)
      .flatMap(({ name, subnets }) =>
        subnets.filter((one) => overlap(one, own)).map((one) => `${name} (${one})`),
      );
    const ofTheHost = host
      .addresses()
      .filter(({ device, cidr }) => !bridges.has(device) && overlap(cidr, own))
      .map(({ device, cidr }) => `${device} (${cidr})`);
    const others = [...ofTheEngine, ...ofTheHost];
    return others.length === 0 ? [] : [error(`${own} overlaps with ${others.join(', ')}`, FIX)];
  },
});

interface Network {
  Id: string;
  Name: string;
  Options: Record<string, string> | null;
  Labels: Record<string, string> | null;
  IPAM: { Config: { Subnet?: string }[] | null };
}

async function engineNetworks() {
  const ids = (await docker(['network', 'ls', '--quiet'])).stdout.split('\n').filter(Boolean);
  if (ids.length === 0) return [];
  const { stdout } = await docker(['network', 'inspect', ...ids]);
  return parseAnswer<Network[]>(stdout, 'docker network inspect').map(
    ({ Id, Name, Options, Labels, IPAM }) => ({
      name: Name,
      bridge: Options?.['com.docker.network.bridge.name'] ?? `br-${Id.slice(0, 12)}`,
      project: Labels?.['com.docker.compose.project'],
      subnets: (IPAM.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []),
    }),
  );
}

/** Whether two networks share addresses; of IPv6 the bundle has none. */
export function overlap(one: string, other: string): boolean {
  return contains(one, other) || contains(other, one);
}

function contains(network: string, other: string): boolean {
  const [address = '', bits = '32'] = network.split('/');
  const [inner = ''] = other.split('/');
  if (!isIPv4(address) || !isIPv4(inner)) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits));
  return list.check(inner);
}
