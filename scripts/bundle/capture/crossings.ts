import { type BlockList, isIPv6 } from 'node:net';
import { readDns } from './readDns.ts';
import type { Packet } from './readPackets.ts';

const DNS_PORT = 53;

/** What has an end outside. */
export interface Crossings {
  /** Names that were asked of a name server outside. */
  questions: string[];
  /** All else, as `SOURCE -> TARGET`, each once. */
  talks: string[];
}

/** Looks for packets that come from outside or go there; `inside` holds both families' networks. */
export function crossings(packets: Packet[], inside: BlockList): Crossings {
  const isInside = (address: string) => inside.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  const questions = new Set<string>();
  const talks = new Set<string>();
  for (const packet of packets) {
    if (isInside(packet.source) && isInside(packet.target)) continue;
    if (isNeighbourly(packet)) continue;
    const isDns = packet.protocol === 'udp' && [packet.sourcePort, packet.targetPort].includes(DNS_PORT);
    const message = isDns ? readDns(packet.payload) : undefined;
    if (message) questions.add(message.name);
    // The port of whoever calls is another one each time.
    else talks.add(`${packet.source} -> ${packet.target} ${packet.protocol} ${packet.targetPort}`);
  }
  return { questions: [...questions].sort(), talks: [...talks].sort() };
}

/** How IPv6 finds routers and neighbours: of the kernel, and of the link alone. */
const isNeighbourly = ({ protocol, source, target }: Packet) =>
  protocol === 'icmp6' && /^(fe80|0000):/.test(source) && /^(fe80|ff02):/.test(target);
