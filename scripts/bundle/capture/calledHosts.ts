import { readDns } from './readDns.ts';
import type { Packet } from './readPackets.ts';
import { readServerName } from './readServerName.ts';

const DNS_PORT = 53;

/** Whom one host called, by all that its packets say. */
export interface CalledHosts {
  /** Names that it asked for, each with the names that an answer led to (SRV). */
  questions: Map<string, string[]>;
  /** Names that it said to whom it spoke TLS with. */
  serverNames: Set<string>;
  /** Addresses that it connected to and that no answer had named. */
  unnamed: Set<string>;
  /** Anything but TCP and questions for names, as `ADDRESS udp PORT`. */
  other: Set<string>;
}

/** Reads what the host with that address began. */
export function calledHosts(packets: Packet[], caller: string): CalledHosts {
  const questions = new Map<string, string[]>();
  const serverNames = new Set<string>();
  const other = new Set<string>();
  const named = new Set<string>();
  const connected = new Set<string>();
  for (const packet of packets) {
    const dns =
      packet.protocol === 'udp' && packet.sourcePort === DNS_PORT ? readDns(packet.payload) : undefined;
    for (const address of dns?.addresses ?? []) named.add(address);
    if (dns) questions.set(dns.name, [...(questions.get(dns.name) ?? []), ...dns.servers]);
    if (packet.source !== caller) continue;
    if (packet.protocol === 'tcp') {
      connected.add(packet.target);
      const name = readServerName(packet.payload);
      if (name) serverNames.add(name);
    } else if (packet.protocol === 'udp' && packet.targetPort === DNS_PORT) {
      const question = readDns(packet.payload);
      if (question && !questions.has(question.name)) questions.set(question.name, []);
      // A name server over TCP shows its address alone, and is one of those that were asked here.
      named.add(packet.target);
    } else if (packet.protocol !== 'other' || !named.has(packet.target)) {
      // To those who were called, ICMP may say that an answer came too late.
      other.add(`${packet.target} ${packet.protocol} ${packet.targetPort}`);
    }
  }
  return { questions, serverNames, unnamed: new Set([...connected].filter((one) => !named.has(one))), other };
}
