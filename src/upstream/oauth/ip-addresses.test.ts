import { BlockList, isIPv4 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLoopbackAddress, isPublicAddress } from './ip-addresses.ts';

/** The oracle: the registries of IANA in the words of Node's own filter. */
const v4 = new BlockList();
for (const [from, to] of [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['168.63.129.16', '168.63.129.16'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.88.99.0', '192.88.99.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '255.255.255.255'],
] as const) {
  v4.addRange(from, to, 'ipv4');
}
const v6 = new BlockList();
for (const [from, to] of [
  ['::', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['4000::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
] as const) {
  v6.addRange(from, to, 'ipv6');
}

const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');

/** Every range's ends and their neighbours, besides what chance brings. */
const EDGES = [
  0x00ffffff, 0x01000000, 0x09ffffff, 0x0a000000, 0x0affffff, 0x0b000000, 0x643fffff, 0x64400000, 0x647fffff,
  0x64800000, 0x7effffff, 0x7f000000, 0x7fffffff, 0x80000000, 0xa83f810f, 0xa83f8110, 0xa83f8111, 0xa9fdffff,
  0xa9fe0000, 0xa9feffff, 0xa9ff0000, 0xac0fffff, 0xac100000, 0xac1fffff, 0xac200000, 0xbfffffff, 0xc0000000,
  0xc00000ff, 0xc0000100, 0xc00001ff, 0xc0000200, 0xc00002ff, 0xc0000300, 0xc05862ff, 0xc0586300, 0xc05863ff,
  0xc0586400, 0xc0a7ffff, 0xc0a80000, 0xc0a8ffff, 0xc0a90000, 0xc611ffff, 0xc6120000, 0xc613ffff, 0xc6140000,
  0xc63363ff, 0xc6336400, 0xc63364ff, 0xc6336500, 0xcb0070ff, 0xcb007100, 0xcb0071ff, 0xcb007200, 0xdfffffff,
  0xe0000000, 0xffffffff,
];
const ipv4 = fc.oneof(fc.constantFrom(...EDGES), fc.nat(0xffffffff)).map(dotted);
const hex = fc.nat(0xffff).map((group) => group.toString(16));
const first = fc.oneof(
  fc.constantFrom('0', '64', '100', '1fff', '2000', '2001', '2002', '2003', '3ffe', '3fff', '4000', '5f00', 'fc00'),
  fc.constantFrom('fd00', 'fe80', 'fec0', 'ff02', '2606'),
  hex,
);
const second = fc.oneof(fc.constantFrom('0', '1', '1ff', '200', 'db8', 'db9', 'fff', '1000', 'ff9b'), hex);
const ipv6 = fc
  .tuple(first, second, hex, hex, hex, hex, hex, hex)
  .map((groups) => groups.join(':'))
  .filter((address) => !/^(?:64:ff9b:0:0:0:0|0:0:0:0:0:ffff):/.test(address));
const runs = { numRuns: process.env['LONG'] === '1' ? 100_000 : 2_000 };

describe('the public internet', () => {
  it('is what the registries say, for IPv4', () => {
    fc.assert(
      fc.property(ipv4, (address) => isPublicAddress(address) === !v4.check(address, 'ipv4')),
      runs,
    );
    for (const edge of EDGES) expect([edge, isPublicAddress(dotted(edge))]).toEqual([edge, !v4.check(dotted(edge))]);
  });

  it('is what the registries say, for IPv6', () => {
    fc.assert(
      fc.property(ipv6, (address) => isPublicAddress(address) === !v6.check(address, 'ipv6')),
      runs,
    );
  });

  it('looks at the IPv4 address that is carried', () => {
    fc.assert(
      fc.property(ipv4, fc.constantFrom('::ffff:', '64:ff9b::', '0:0:0:0:0:FFFF:'), (address, prefix) => {
        const value = address.split('.').map(Number);
        const groups = [0, 2].map((at) => ((value[at] ?? 0) * 256 + (value[at + 1] ?? 0)).toString(16));
        const expected = isPublicAddress(address);
        expect(isPublicAddress(`${prefix}${address}`)).toBe(expected);
        expect(isPublicAddress(`${prefix}${groups.join(':')}`)).toBe(expected);
        // Of the tunnels no address is let through, whatever it carries.
        expect(isPublicAddress(`2002:${groups.join(':')}::1`)).toBe(false);
        expect(isPublicAddress(`2001:0:4136:e378:8000:63bf:${groups.join(':')}`)).toBe(false);
        expect(isPublicAddress(`::${address}`)).toBe(false);
      }),
      runs,
    );
  });

  it('has nothing that is not an address', () => {
    fc.assert(
      fc.property(fc.string(), (text) => isIPv4(text) || !isPublicAddress(text) || text.includes(':')),
      runs,
    );
    for (const text of ['', 'localhost', '1.2.3', '1.2.3.4.5', '2606::1%eth0', '[2606::1]']) {
      expect(isPublicAddress(text)).toBe(false);
      expect(isLoopbackAddress(text)).toBe(false);
    }
  });

  it.each(['1.1.1.1', '172.32.0.1', '2606:4700:4700::1111', '::ffff:1.1.1.1', '64:ff9b::101:101'])(
    'has %s',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );
});

describe('loopback', () => {
  it('is 127/8 and ::1, and never public', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), (address) => !(isLoopbackAddress(address) && isPublicAddress(address))),
      runs,
    );
    for (const address of ['127.0.0.1', '127.255.0.9', '::1', '0:0:0:0:0:0:0:1']) {
      expect(isLoopbackAddress(address)).toBe(true);
    }
    for (const address of ['128.0.0.1', '::', '::2', '::ffff:127.0.0.1', '0.0.0.0']) {
      expect(isLoopbackAddress(address)).toBe(false);
    }
  });
});
