import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/**
 * An address in a form that means one thing to every tool: `010.0.0.1`, `10.1` and `0x7f.1`, which ipaddr.js reads,
 * do not. IPv6 goes through the URL parser first, since ipaddr.js takes `::10.1.2.3` for `::ffff:10.1.2.3`.
 */
function parseAddress(text: string): Address | undefined {
  const version = text.includes('%') ? 0 : isIP(text);
  if (version === 0) return undefined;
  return ipaddr.parse(version === 4 ? text : new URL(`http://[${text}]`).hostname.slice(1, -1));
}

/**
 * A CIDR or an address of an allowlist. No bit may stand beyond the prefix: `10.0.0.5/8` means different things
 * to different tools and is refused, and so is an address with a zone.
 */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', bits, ...rest] = text.split('/');
  if (rest.length > 0) return undefined;
  const parsed = parseAddress(address);
  if (!parsed) return undefined;
  const size = parsed.kind() === 'ipv4' ? 32 : 128;
  if (bits !== undefined && !/^(0|[1-9][0-9]{0,2})$/.test(bits)) return undefined;
  const length = bits === undefined ? size : Number(bits);
  if (length > size) return undefined;
  const network = normalised(parsed, length);
  return hasHostBits(...network) ? undefined : network;
}

/** A v4-mapped network is the IPv4 network it stands for. */
function normalised(address: Address, length: number): Network {
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && length >= 96) {
    return [address.toIPv4Address(), length - 96];
  }
  return [address, length];
}

function hasHostBits(address: Address, length: number): boolean {
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
  // The zone of a link-local client names an interface of this machine: it is no part of who it is.
  const parsed = parseAddress(address?.split('%', 1)[0] ?? '');
  if (!parsed) return 'unreadable';
  const [client] = normalised(parsed, parsed.kind() === 'ipv4' ? 32 : 128);
  const inside = networks.some(
    (network) => network && network[0].kind() === client.kind() && client.match(network),
  );
  if (inside) return 'yes';
  return networks.includes(undefined) ? 'unreadable' : 'no';
}
