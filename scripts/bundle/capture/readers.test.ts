import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { type AddressInfo, BlockList, createServer } from 'node:net';
import { connect } from 'node:tls';
import { expect, it } from 'vitest';
import { calledHosts } from './calledHosts.ts';
import { crossings } from './crossings.ts';
import { readDns } from './readDns.ts';
import { type Packet, readPackets } from './readPackets.ts';
import { readServerName } from './readServerName.ts';

it('reads the name that a resolver asks for, and the addresses and names of an answer', async () => {
  const server = createSocket('udp4').bind(0, '127.0.0.1');
  await once(server, 'listening');
  const resolver = new Resolver({ timeout: 50, tries: 1 });
  resolver.setServers([`127.0.0.1:${server.address().port}`]);
  const answer = resolver.resolve4('Some.Example').catch(() => undefined);
  const [question] = (await once(server, 'message')) as [Buffer];
  expect(readDns(question)).toEqual({ name: 'some.example', isAnswer: false, addresses: [], servers: [] });
  await answer;
  server.close();

  const reply = Buffer.concat([
    // One question, two answers.
    Buffer.from('000181800001000200000000', 'hex'),
    Buffer.from('\x04some\x07example\x00\x00\x01\x00\x01', 'latin1'),
    // Pointers to the name of the question: an address, and a server `a.example`.
    Buffer.from('c00c00010001000000000004c6336407', 'hex'),
    Buffer.from('c00c002100010000000000' + '0a' + '000000000050' + '0161c011', 'hex'),
  ]);
  expect(readDns(reply)).toEqual({
    name: 'some.example',
    isAnswer: true,
    addresses: ['198.51.100.7'],
    servers: ['a.example'],
  });
  expect(readDns(Buffer.from('GET / HTTP/1.1\r\n'))).toBeUndefined();
  // A pointer to itself ends.
  expect(readDns(Buffer.from('000101000001000000000000c00c00010001', 'hex'))).toBeUndefined();
});

it('reads the name that a TLS client wants', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ host: '127.0.0.1', port, servername: 'some.example' }).on('error', () => {});
  const [peer] = await once(server, 'connection');
  const [hello] = (await once(peer, 'data')) as [Buffer];
  client.destroy();
  peer.destroy();
  server.close();
  expect(readServerName(hello)).toBe('some.example');
  expect(readServerName(hello.subarray(0, 60))).toBeUndefined();
  expect(readServerName(Buffer.from('GET / HTTP/1.1\r\n'))).toBeUndefined();
});

/** As tcpdump writes one frame. */
function captured(frame: string): Buffer {
  const bytes = Buffer.from(frame.replaceAll(' ', ''), 'hex');
  const file = Buffer.alloc(40);
  file.writeUInt32LE(0xa1b2c3d4, 0);
  file.writeUInt32LE(1, 20);
  file.writeUInt32LE(bytes.length, 32);
  file.writeUInt32LE(bytes.length, 36);
  return Buffer.concat([file, bytes]);
}
const SYN =
  '020000000001 020000000002 0800 4500002800000000400600000ad501 02 c6336407 c0de 0009 00000000 00000000 50020000 00000000';
const SOLICITATION = `333300000002 020000000001 86dd 60000000 0008 3a ff fe80${'0'.repeat(27)}1 ff02${'0'.repeat(27)}2 8500000000000000`;

it('finds the packets that leave, and none of those that stay or speak to neighbours', () => {
  const inside = new BlockList();
  inside.addSubnet('10.213.1.0', 24);
  const [syn] = readPackets(captured(SYN));
  expect(syn).toMatchObject({ source: '10.213.1.2', target: '198.51.100.7', protocol: 'tcp', targetPort: 9 });
  const solicitation = readPackets(captured(SOLICITATION));
  expect(solicitation).toMatchObject([{ protocol: 'icmp6' }]);
  expect(crossings(solicitation, inside)).toEqual({ questions: [], talks: [] });
  const packets = [...readPackets(captured(SYN)), ...readPackets(captured(SYN))];
  expect(crossings(packets, inside).talks).toEqual(['10.213.1.2 -> 198.51.100.7 tcp 9']);
  inside.addAddress('198.51.100.7');
  expect(crossings(packets, inside).talks).toEqual([]);
  expect(readPackets(captured(SYN).subarray(0, 50))).toEqual([]);
});

it('knows whom a host called by name, by address alone, and otherwise than by TCP', () => {
  const [caller, server] = ['10.213.1.2', '192.0.2.53'];
  const packet = (some: Partial<Packet>): Packet => ({
    source: caller,
    target: server,
    protocol: 'udp',
    sourcePort: 50_000,
    targetPort: 53,
    payload: Buffer.alloc(0),
    ...some,
  });
  const question = Buffer.from('\0\0\x01\0\0\x01\0\0\0\0\0\0\x04some\x07example\0\0\x01\0\x01', 'latin1');
  const header = Buffer.from('000081800001000100000000', 'hex');
  const address = Buffer.from('c00c00010001000000000004c6336407', 'hex');
  const reply = Buffer.concat([header, question.subarray(12), address]);
  const talk = [
    packet({ payload: question }),
    packet({ source: server, target: caller, sourcePort: 53, targetPort: 50_000, payload: reply }),
    packet({ target: '198.51.100.7', protocol: 'tcp', targetPort: 443 }),
    // An answer that came too late.
    packet({ protocol: 'other', targetPort: 0 }),
  ];
  const honest = calledHosts(talk, caller);
  expect(honest.questions).toEqual(new Map([['some.example', []]]));
  expect([...honest.unnamed, ...honest.other]).toEqual([]);
  const clock = packet({ target: '198.51.100.8', targetPort: 123 });
  const secret = packet({ target: '198.51.100.9', protocol: 'tcp', targetPort: 443 });
  const { unnamed, other } = calledHosts([...talk, clock, secret], caller);
  expect([...unnamed, ...other]).toEqual(['198.51.100.9', '198.51.100.8 udp 123']);
});
