import ipaddr from 'ipaddr.js';

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * A CIDR or an address of an allowlist. The parts of IPv4 must be four plain decimals, and no bit may stand
 * beyond the prefix: `010.0.0.1`, `10.1` and `10.0.0.5/8` mean different things to different tools and are refused.
 */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', bits, ...rest] = text.split('/');
  if (rest.length > 0) return undefined;
  const strict = /^[0-9.]+$/.test(address) ? ipaddr.IPv4.isValidFourPartDecimal(address) : true;
  if (!strict || !ipaddr.isValid(address) || address.includes('%')) return undefined;
  const parsed = ipaddr.parse(address);
  const size = parsed.kind() === 'ipv4' ? 32 : 128;
  if (bits !== undefined && !/^(0|[1-9][0-9]{0,2})$/.test(bits)) return undefined;
  const length = bits === undefined ? size : Number(bits);
  if (length > size) return undefined;
  const network = normalised(parsed, length);
  return hasHostBits(...network) ? undefined : network;
}

/** A v4-mapped network is the IPv4 network it stands for. */
function normalised(address: ipaddr.IPv4 | ipaddr.IPv6, length: number): Network {
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && length >= 96) {
    return [address.toIPv4Address(), length - 96];
  }
  return [address, length];
}

function hasHostBits(address: ipaddr.IPv4 | ipaddr.IPv6, length: number): boolean {
  return address.toByteArray().some((byte, index) => {
    const kept = Math.min(8, Math.max(0, length - index * 8));
    return (byte & (0xff >> kept)) !== 0;
  });
}

/**
 * Whether a client address may use a tenant's keys. An empty list admits all. A list with an entry that does not
 * parse, or an address that does not, is `unreadable`: the caller denies it unless told otherwise.
 */
export function addressAllowed(
  address: string | undefined,
  allowlist: readonly string[],
): 'yes' | 'no' | 'unreadable' {
  if (allowlist.length === 0) return 'yes';
  const networks = allowlist.map(parseNetwork);
  if (address === undefined || !ipaddr.isValid(address)) return 'unreadable';
  const client = ipaddr.process(address);
  const inside = networks.some(
    (network) => network && network[0].kind() === client.kind() && client.match(network),
  );
  if (inside) return 'yes';
  return networks.includes(undefined) ? 'unreadable' : 'no';
}
