import ipaddr from 'ipaddr.js';
import { parseNetwork } from '../keys/addressAllowed.ts';
import {
  METADATA_NETWORKS,
  OPAQUE_NETWORKS,
  SPECIAL_V4,
  SPECIAL_V6,
  UNICAST_V4,
  UNICAST_V6,
} from './specialNetworks.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

export interface AddressRulesOptions {
  /** The operator's own networks that webhooks may reach (`WEBHOOK_ALLOWED_CIDRS`). */
  allowedCidrs: readonly string[];
  /** What no setting admits, beside the networks of metadata services: the product's own parts. */
  neverEndpoints: readonly NeverEndpoint[];
}

/** One port at every address of some networks. */
export interface NeverEndpoint {
  networks: readonly string[];
  port: number;
}

/** Says which addresses a webhook may be sent to, and at which port. */
export interface AddressRules {
  admits(address: string, port: number): boolean;
}

/**
 * Admits public unicast addresses and the operator's own networks, and never metadata services or `neverEndpoints`.
 * An IPv6 address that carries an IPv4 address (v4-mapped, NAT64, 6to4, Teredo and others) must pass for both.
 * What is not one plain address, such as `10.1` or one with a zone, is not admitted. Throws `TypeError` for a
 * network that does not parse.
 */
export function createAddressRules(options: AddressRulesOptions): AddressRules {
  const allowed = options.allowedCidrs.map(network);
  const never = [...METADATA_NETWORKS, ...OPAQUE_NETWORKS].map(network);
  const neverAt = options.neverEndpoints.map(({ networks, port }) => ({
    port,
    networks: networks.map(network),
  }));
  const admitsForm = (address: Address, port: number) =>
    !inside(never, address) &&
    !neverAt.some((one) => one.port === port && inside(one.networks, address)) &&
    (inside(allowed, address) || isPublic(address));
  return {
    admits(text, port) {
      const address = parseAddress(text);
      if (!address) return false;
      return [address, ...carriedIPv4(address)].every((form) => admitsForm(form, port));
    },
  };
}

const unicast = [...UNICAST_V4, ...UNICAST_V6].map(network);
const special = [...SPECIAL_V4, ...SPECIAL_V6].map(network);
const isPublic = (address: Address) => inside(unicast, address) && !inside(special, address);

function network(text: string): Network {
  const parsed = parseNetwork(text);
  if (!parsed) throw new TypeError(`not a network: ${text}`);
  return parsed;
}

function inside(networks: readonly Network[], address: Address): boolean {
  return networks.some((one) => one[0].kind() === address.kind() && address.match(one));
}

function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text)) return ipaddr.IPv6.parse(text);
  return undefined;
}

const range = (cidr: string) => ipaddr.IPv6.parseCIDR(cidr);
const LAST_32_BITS = [
  range('::ffff:0:0/96'), // v4-mapped (RFC 4291)
  range('::ffff:0:0:0/96'), // v4-translated (RFC 2765)
  range('64:ff9b::/96'), // NAT64 (RFC 6052)
  range('::/96'), // v4-compatible (RFC 4291)
];
const SIX_TO_FOUR = range('2002::/16');
const TEREDO = range('2001::/32');
/** `::` and `::1` are inside `::/96` and carry nothing. */
const NOT_COMPATIBLE = range('::/112');

/** The IPv4 addresses that an IPv6 address leads to. */
function carriedIPv4(address: Address): ipaddr.IPv4[] {
  if (!(address instanceof ipaddr.IPv6)) return [];
  const bytes = address.toByteArray();
  const at = (start: number) => new ipaddr.IPv4(bytes.slice(start, start + 4));
  if (address.match(NOT_COMPATIBLE)) return [];
  if (LAST_32_BITS.some((one) => address.match(one))) return [at(12)];
  if (address.match(SIX_TO_FOUR)) return [at(2)];
  // RFC 4380: the relay's address plain, the client's with every bit inverted.
  if (address.match(TEREDO)) return [at(4), new ipaddr.IPv4(bytes.slice(12).map((byte) => byte ^ 0xff))];
  return [];
}
