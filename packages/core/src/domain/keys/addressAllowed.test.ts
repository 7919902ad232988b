import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressAllowed, parseNetwork } from './addressAllowed.ts';

describe('parseNetwork', () => {
  it.each([
    ['10.1', 'two parts'],
    ['0x7f.1', 'hexadecimal'],
    ['0x7f.0.0.1', 'hexadecimal'],
    ['0x7f000001', 'hexadecimal in one'],
    ['2130706433', 'one number'],
    ['010.0.0.1', 'octal to some'],
    ['10.0.0.01', 'octal to some'],
    ['10.0.0.5/8', 'bits beyond the prefix'],
    ['2001:db8::1/32', 'bits beyond the prefix'],
    ['::ffff:10.0.0.5/104', 'bits beyond the prefix'],
    ['::ffff:010.0.0.1', 'octal to some, mapped'],
    ['10.0.0.0/33', 'too long'],
    ['::/129', 'too long'],
    ['10.0.0.0/-1', 'negative'],
    ['10.0.0.0/', 'no length'],
    ['10.0.0.0/08', 'padded length'],
    ['10.0.0.0/1e1', 'not a plain number'],
    ['10.0.0.0/8/8', 'two lengths'],
    ['10.0.0.0/255.0.0.0', 'a mask'],
    ['10.0.0.256', 'out of range'],
    ['fe80::1%eth0', 'a zone'],
    [' 10.0.0.1', 'white space'],
    ['10.0.0.1\n', 'white space'],
    ['example.org', 'a name'],
    ['*', 'a wildcard'],
    ['', 'nothing'],
  ])('refuses %j: %s', (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });

  it.each(['10.0.0.5', '10.0.0.0/8', '0.0.0.0/0', '2001:db8::/32', '::/0', '::1', '::ffff:10.1.2.0/120'])(
    'reads %s',
    (text) => {
      expect(parseNetwork(text)).toBeDefined();
    },
  );
});

describe('addressAllowed', () => {
  it('admits everyone where the list is empty, also without an address', () => {
    expect(addressAllowed('203.0.113.9', [])).toBe('yes');
    expect(addressAllowed(undefined, [])).toBe('yes');
  });

  it.each<[string, string, 'yes' | 'no']>([
    ['::ffff:10.1.2.3', '10.0.0.0/8', 'yes'],
    ['::ffff:a01:203', '10.0.0.0/8', 'yes'],
    ['10.1.2.3', '::ffff:10.0.0.0/104', 'yes'],
    ['::ffff:11.1.2.3', '10.0.0.0/8', 'no'],
    ['64:ff9b::a01:203', '10.0.0.0/8', 'no'],
    ['64:ff9b::a01:203', '64:ff9b::/96', 'yes'],
    ['2002:a01:203::', '10.0.0.0/8', 'no'],
    ['fe80::1%eth0', 'fe80::/10', 'yes'],
    ['::10.1.2.3', '10.0.0.0/8', 'no'],
    ['::10.1.2.3', '::a01:203', 'yes'],
    ['10.1.2.3', '::/0', 'no'],
    ['2001:db8::1', '0.0.0.0/0', 'no'],
    ['2001:DB8:0:0::1', '2001:db8::1', 'yes'],
  ])('says of %s in a list of %s: %s allowed → %s', (address, network, verdict) => {
    expect(addressAllowed(address, [network])).toBe(verdict);
  });

  it.each(['10.1', '0x7f.1', '010.0.0.1', '2130706433', '::ffff:010.0.0.1', '', 'unknown', '10.0.0.1:80'])(
    'takes a client that calls itself %j for unreadable, not for whom it might mean',
    (address) => {
      expect(addressAllowed(address, ['0.0.0.0/0', '::/0'])).toBe('unreadable');
    },
  );

  it('takes a missing address for unreadable where there is a list', () => {
    expect(addressAllowed(undefined, ['0.0.0.0/0'])).toBe('unreadable');
  });

  it('admits whom a good entry names although another does not parse, and takes the rest for unreadable', () => {
    const list = ['10.0.0.5/8', '192.0.2.0/24'];
    expect(addressAllowed('192.0.2.7', list)).toBe('yes');
    expect(addressAllowed('10.0.0.5', list)).toBe('unreadable');
  });

  const octet = fc.nat(255);
  const v4 = fc.tuple(octet, octet, octet, octet);

  it('agrees with a comparison of leading bits for IPv4, mapped or not', () => {
    const bitsOf = (parts: number[]) => parts.map((part) => part.toString(2).padStart(8, '0')).join('');
    fc.assert(
      fc.property(v4, v4, fc.nat(32), fc.nat(32), fc.boolean(), (client, other, length, shared, isMapped) => {
        // The network begins like the client in `shared` bits, so that both verdicts are common.
        const mixed = bitsOf(client).slice(0, shared) + bitsOf(other).slice(shared);
        const network = mixed.slice(0, length).padEnd(32, '0');
        const dotted = [0, 8, 16, 24].map((at) => Number.parseInt(network.slice(at, at + 8), 2)).join('.');
        const expected = bitsOf(client).slice(0, length) === network.slice(0, length) ? 'yes' : 'no';
        const address = (isMapped ? '::ffff:' : '') + client.join('.');
        expect(addressAllowed(address, [`${dotted}/${length}`])).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('agrees with a comparison of leading bits for IPv6', () => {
    const v6 = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 });
    const bitsOf = (words: number[]) => words.map((word) => word.toString(2).padStart(16, '0')).join('');
    const textOf = (bits: string) =>
      Array.from({ length: 8 }, (_, i) =>
        Number.parseInt(bits.slice(i * 16, i * 16 + 16), 2).toString(16),
      ).join(':');
    fc.assert(
      fc.property(v6, v6, fc.nat(128), fc.nat(128), (client, other, length, shared) => {
        client[0] = 0x2000 | (client[0] ?? 0);
        const mixed = bitsOf(client).slice(0, shared) + bitsOf(other).slice(shared);
        const network = mixed.slice(0, length).padEnd(128, '0');
        fc.pre(!/^0{80}/.test(network) || length === 0);
        const expected = bitsOf(client).slice(0, length) === network.slice(0, length) ? 'yes' : 'no';
        expect(addressAllowed(textOf(bitsOf(client)), [`${textOf(network)}/${length}`])).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });
});
