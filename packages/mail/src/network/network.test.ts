import { describe, expect, it } from 'vitest';
import { clientNetwork, networkList, normalAddress } from './network.ts';

describe('clientNetwork', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:3::', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1::2:3:4:5:6:7', '1:0:2:3::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b:1:2::192.0.2.7', '64:ff9b:1:2::/64'],
    ['1::2:3:4:192.0.2.7', '1:0:0:2::/64'],
    ['not an address', 'not an address'],
    ['', ''],
  ])('counts %s as %s', (address, network) => {
    expect(clientNetwork(address)).toBe(network);
  });

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['2001:db8::1', '2001:db8:0::/48'],
  ])('counts %s as %s where subnets of one customer are one', (address, network) => {
    expect(clientNetwork(address, 48)).toBe(network);
  });
});

describe('networkList', () => {
  const trusted = networkList(['127.0.0.0/8', '::1', '10.1.2.3', '2001:db8::/32', '::ffff:192.0.2.0/24']);

  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '::ffff:7f00:1',
    '::1',
    '::ffff:127.0.0.1',
    '::FFFF:10.1.2.3',
    '10.1.2.3',
    '2001:DB8:1::5',
    '192.0.2.7',
  ])('trusts %s', (address) => expect(trusted(address)).toBe(true));

  it.each([
    '128.0.0.1',
    '10.1.2.4',
    '::2',
    '2001:db9::1',
    '192.0.3.1',
    '',
    'localhost',
    '127.0.0.1.evil.test',
    '127.1',
  ])('does not trust %s', (address) => expect(trusted(address)).toBe(false));

  it('takes an address within a network for the network', () => {
    expect(networkList(['10.1.2.3/8'])('10.9.9.9')).toBe(true);
    expect(networkList(['fe80::/10'])('fe80::1%eth0')).toBe(true);
  });

  it('trusts nobody with no networks', () => expect(networkList([])('127.0.0.1')).toBe(false));

  it.each(['', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0/8', 'localhost', '::/129', '10.0.0.0/-1'])(
    'throws on %s, which is no network',
    (network) => expect(() => networkList([network])).toThrow(/CIDR/),
  );

  it('writes IPv4-mapped addresses as IPv4', () => {
    expect(normalAddress('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(normalAddress('2001:DB8::1')).toBe('2001:db8::1');
  });
});
