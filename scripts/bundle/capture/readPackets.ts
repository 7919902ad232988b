const ETHERNET = 1;
const [IPV4, IPV6] = [0x0800, 0x86dd];
const PROTOCOLS: Record<number, Packet['protocol']> = { 6: 'tcp', 17: 'udp', 58: 'icmp6' };

/** What one packet says of who speaks to whom. */
export interface Packet {
  source: string;
  target: string;
  protocol: 'tcp' | 'udp' | 'icmp6' | 'other';
  /** 0 where the protocol has none. */
  sourcePort: number;
  targetPort: number;
  /** Of TCP and UDP. */
  payload: Buffer;
}

/** The IP packets of a capture that tcpdump wrote (pcap, Ethernet); the last one may be cut off. */
export function readPackets(file: Buffer): Packet[] {
  const isLittle = [0xa1b2c3d4, 0xa1b23c4d].includes(file.readUInt32LE(0));
  const number = (at: number) => (isLittle ? file.readUInt32LE(at) : file.readUInt32BE(at));
  if (number(20) !== ETHERNET) throw new Error(`no capture of Ethernet: link type ${number(20)}`);
  const packets: Packet[] = [];
  for (let at = 24; at + 16 <= file.length; at += 16 + number(at + 8)) {
    const frame = file.subarray(at + 16, at + 16 + number(at + 8));
    const packet = frame.length < 14 ? undefined : readFrame(frame);
    if (packet) packets.push(packet);
  }
  return packets;
}

/** Undefined for what is not IP, such as ARP. */
function readFrame(frame: Buffer): Packet | undefined {
  const type = frame.readUInt16BE(12);
  const ip = frame.subarray(14);
  if (type === IPV4 && ip.length >= 20) {
    const header = ((ip[0] ?? 0) & 0x0f) * 4;
    const ends = { source: ip.subarray(12, 16).join('.'), target: ip.subarray(16, 20).join('.') };
    return readBody(ip[9] ?? 0, ip.subarray(header, ip.readUInt16BE(2)), ends);
  }
  if (type === IPV6 && ip.length >= 40) {
    const ends = { source: ipv6(ip.subarray(8, 24)), target: ipv6(ip.subarray(24, 40)) };
    // Routers and listeners are asked for with a hop-by-hop header before what it is.
    const isHopByHop = ip[6] === 0 && ip.length >= 48;
    const body = isHopByHop ? ip.subarray(48 + (ip[41] ?? 0) * 8) : ip.subarray(40);
    return readBody((isHopByHop ? ip[40] : ip[6]) ?? 0, body, ends);
  }
  return undefined;
}

function readBody(number: number, body: Buffer, ends: { source: string; target: string }): Packet {
  const protocol = PROTOCOLS[number] ?? 'other';
  const isLong = body.length >= (protocol === 'tcp' ? 20 : 8);
  if (!isLong || (protocol !== 'tcp' && protocol !== 'udp')) {
    return { ...ends, protocol, sourcePort: 0, targetPort: 0, payload: Buffer.alloc(0) };
  }
  const header = protocol === 'tcp' ? ((body[12] ?? 0) >> 4) * 4 : 8;
  const ports = { sourcePort: body.readUInt16BE(0), targetPort: body.readUInt16BE(2) };
  return { ...ends, protocol, ...ports, payload: body.subarray(header) };
}

const ipv6 = (bytes: Buffer): string => (bytes.toString('hex').match(/.{4}/g) ?? []).join(':');
