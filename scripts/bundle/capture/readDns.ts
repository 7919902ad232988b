const TYPES: Record<number, string> = { 1: 'A', 5: 'CNAME', 28: 'AAAA', 33: 'SRV' };

/** A question to a name server, or its answer. */
export interface DnsMessage {
  /** The name that is asked for, in small letters. */
  name: string;
  isAnswer: boolean;
  /** Addresses that the answer holds. */
  addresses: string[];
  /** Names that the answer leads to (SRV). */
  servers: string[];
}

/** Reads a DNS message of one question (RFC 1035); undefined for what is none. */
export function readDns(message: Buffer): DnsMessage | undefined {
  try {
    if (message.readUInt16BE(4) !== 1) return undefined;
    const question = readName(message, 12);
    const found: DnsMessage = {
      name: question.name,
      isAnswer: ((message[2] ?? 0) & 0x80) !== 0,
      addresses: [],
      servers: [],
    };
    let at = question.end + 4;
    for (let left = message.readUInt16BE(6); left > 0; left -= 1) {
      at = readName(message, at).end;
      const type = TYPES[message.readUInt16BE(at)];
      const length = message.readUInt16BE(at + 8);
      const data = message.subarray(at + 10, at + 10 + length);
      if (type === 'A') found.addresses.push(data.join('.'));
      if (type === 'AAAA') found.addresses.push((data.toString('hex').match(/.{4}/g) ?? []).join(':'));
      if (type === 'SRV') found.servers.push(readName(message, at + 16).name);
      at += 10 + length;
    }
    return found;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A name, and where what follows it begins; a pointer leads to the rest of one that stood before. */
function readName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let end: number | undefined;
  for (let at = start, left = 128; left > 0; left -= 1) {
    const length = message.readUInt8(at);
    if (length >= 0xc0) {
      end ??= at + 2;
      at = message.readUInt16BE(at) & 0x3fff;
      continue;
    }
    if (length === 0) return { name: labels.join('.').toLowerCase(), end: end ?? at + 1 };
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  throw new RangeError('a name without an end');
}
