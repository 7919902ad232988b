import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { createAddressRules } from './addressRules.ts';

const strict = createAddressRules({ allowedCidrs: [], neverEndpoints: [] });
const everything = { allowedCidrs: ['0.0.0.0/0', '::/0'], neverEndpoints: [] };

describe('createAddressRules', () => {
  it.each(['8.8.8.8', '1.0.0.1', '223.255.255.254', '172.32.0.1', '2606:4700::1111', '2a00:1450::8'])(
    'admits the public address %s',
    (address) => {
      expect(strict.admits(address, 443)).toBe(true);
    },
  );

  it('admits no IPv4 address that ipaddr.js does not call unicast', () => {
    const heads = ['192.0.0', '192.0.2', '192.31.196', '192.52.193', '192.88.99', '192.175.48', '198.51.100'];
    const address = fc.tuple(fc.constantFrom(...heads, '203.0.113', '198.19.7'), fc.nat(255));
    const special = address.map(([head, last]) => `${head}.${last}`);
    fc.assert(fc.property(fc.oneof(fc.ipV4(), special), isUnicastWhereAdmitted), { numRuns: 1000 });
  });

  it('admits no IPv6 address that ipaddr.js does not call unicast', () => {
    const head = fc.constantFrom(
      '::',
      '64:ff9b::',
      '2000::',
      '2002::',
      '2001::',
      '2001:db8::',
      '3fff::',
      '2620:4f:8000::',
    );
    const address = fc.tuple(head, fc.ipV6()).map(([first, rest]) => joined(first, rest));
    fc.assert(fc.property(fc.oneof(fc.ipV6(), address), isUnicastWhereAdmitted), { numRuns: 1000 });
  });

  it.each([
    '',
    '10.1',
    '0x7f.1',
    '010.0.0.1',
    '2130706433',
    '8.8.8.8/32',
    ' 8.8.8.8',
    '2606:4700::1111%1',
    'x',
  ])('admits nothing that is not one plain address: %j', (text) => {
    expect(createAddressRules(everything).admits(text, 443)).toBe(false);
  });

  it.each([
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fd00:ec2::254',
    'fd20:ce::254',
    'fe80::a9fe:a9fe',
    '::ffff:169.254.169.254',
    '::169.254.169.254',
    '::a9fe:a9fe',
    '::ffff:0:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::a9fe:a9fe',
    '64:ff9b:1:a9fe:a9:fe00::',
    '2002:a9fe:a9fe::1',
    '2001:0:a9fe:a9fe::1',
    '2001:0:0808:0808:0:0:5601:5601',
  ])('never admits %s, which leads to credentials, even where everything is allowed', (address) => {
    expect(createAddressRules(everything).admits(address, 443)).toBe(false);
    // Not even where the operator names just this address.
    const own = ipaddr.parse(address).toString();
    expect(createAddressRules({ allowedCidrs: [own], neverEndpoints: [] }).admits(address, 443)).toBe(false);
  });

  it('never admits an endpoint of ours, in whatever form, and admits another port beside it', () => {
    const neverEndpoints = [{ networks: ['172.20.0.0/16', 'fd12::/16'], port: 6379 }];
    const rules = createAddressRules({ ...everything, neverEndpoints });
    for (const address of ['172.20.0.5', '::ffff:172.20.0.5', '64:ff9b::ac14:5', 'fd12::5']) {
      expect(rules.admits(address, 6379)).toBe(false);
    }
    expect(rules.admits('172.21.0.5', 6379)).toBe(true);
    expect(rules.admits('172.20.0.5', 8443)).toBe(true);
  });

  it('admits NAT64 where the operator names it, and behind it only what is admitted itself', () => {
    const rules = createAddressRules({ allowedCidrs: ['64:ff9b::/96'], neverEndpoints: [] });
    expect(rules.admits('64:ff9b::808:808', 443)).toBe(true);
    expect(rules.admits('64:ff9b::a01:203', 443)).toBe(false);
    expect(strict.admits('64:ff9b::808:808', 443)).toBe(false);
  });

  it('admits loopback of both families only where the operator names it', () => {
    const rules = createAddressRules({ allowedCidrs: ['127.0.0.0/8', '::1/128'], neverEndpoints: [] });
    expect(['127.0.0.1', '::1'].map((one) => rules.admits(one, 443))).toEqual([true, true]);
    expect(['127.0.0.1', '::1', '::'].map((one) => strict.admits(one, 443))).toEqual([false, false, false]);
    expect(['::', '::ffff:127.0.0.1', '::127.0.0.1'].map((one) => rules.admits(one, 443))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it.each(['10.0.0.5/8', '10.1', '010.0.0.0/8', 'all', ''])('refuses the unclear network %j', (text) => {
    expect(() => createAddressRules({ allowedCidrs: [text], neverEndpoints: [] })).toThrow(TypeError);
    expect(() =>
      createAddressRules({ allowedCidrs: [], neverEndpoints: [{ networks: [text], port: 443 }] }),
    ).toThrow(TypeError);
  });
});

const isUnicastWhereAdmitted = (address: string) =>
  !strict.admits(address, 443) || ipaddr.parse(address).range() === 'unicast';

/** The first address as far as it is not zero, and the rest of the other. */
function joined(head: string, rest: string): string {
  const bytes = ipaddr.IPv6.parse(head).toByteArray();
  const kept = bytes.slice(0, bytes.findLastIndex((byte) => byte !== 0) + 1);
  const tail = ipaddr.IPv6.parse(rest).toByteArray().slice(kept.length);
  return ipaddr.fromByteArray([...kept, ...tail]).toString();
}
