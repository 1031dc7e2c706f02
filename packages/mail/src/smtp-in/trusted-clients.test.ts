import { describe, expect, it } from 'vitest';
import { normalAddress, trustedClients } from './trusted-clients.ts';

describe('trustedClients', () => {
  const trusted = trustedClients(['127.0.0.0/8', '::1', '10.1.2.3', '2001:db8::/32', '::ffff:192.0.2.0/24']);

  it.each([
    '127.0.0.1',
    '127.9.9.9',
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

  it('trusts nobody with no networks', () => expect(trustedClients([])('127.0.0.1')).toBe(false));

  it.each(['', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0/8', 'localhost', '::/129', '10.0.0.0/-1'])(
    'throws on %s, which is no network',
    (network) => expect(() => trustedClients([network])).toThrow(/CIDR/),
  );

  it('writes IPv4-mapped addresses as IPv4', () => {
    expect(normalAddress('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(normalAddress('2001:DB8::1')).toBe('2001:db8::1');
  });
});
