import { isIP } from 'node:net';
import { fuzzRuns } from '@tinyfat/testing/fuzz-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInNetwork, parseIpAddress, parseIpNetwork } from './ip-address.ts';

describe('reading an IP address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1::', '1::'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('%s is %s', (text, canonical) => {
    expect(parseIpAddress(text)?.text).toBe(canonical);
    expect(parseIpAddress(canonical)?.bits).toBe(parseIpAddress(text)?.bits);
  });

  it.each([
    '',
    '1',
    '127.1',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '01.2.3.4',
    '1.2.3.256',
    '1.2.3.4.5',
    '1.2.3.4 ',
    '１.2.3.4',
    '2130706433',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '1::2::3',
    '::12345',
    ':1',
    '1:',
    '1.2.3.4::',
    '::1.2.3.4:5',
    'fe80::1%eth0',
    '[::1]',
    '::1.2.3',
  ])('%j is none', (text) => {
    expect(parseIpAddress(text)).toBe(null);
  });

  it('takes nothing that Node does not take, and everything that Node takes but zones', () => {
    const part = fc.constantFrom('0', '1', 'ffff', 'db8', '10', '256', '01', ':', '::', '.', '/', '1.2.3.4');
    const spelled = fc.array(part, { maxLength: 10 }).map((parts) => parts.join(''));
    const grouped = fc.array(part, { maxLength: 9 }).map((parts) => parts.join(':'));
    fc.assert(
      fc.property(fc.oneof(spelled, grouped, fc.ipV4(), fc.ipV6()), (text) => {
        expect(parseIpAddress(text)?.family ?? 0).toBe(isIP(text));
      }),
      fuzzRuns(1000),
    );
  });

  it('writes each IPv6 address in one form, which URLs write, too', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        expect(`[${parseIpAddress(text)?.text}]`).toBe(new URL(`http://[${text}]/`).hostname);
      }),
    );
  });
});

describe('reading a network', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7/32', '192.0.2.7'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['FD00:0::/8', 'fd00::/8'],
    ['2001:db8::1/128', '2001:db8::1'],
  ])('%s is %s', (text, canonical) => {
    expect(parseIpNetwork(text)).toMatchObject({ ok: true, network: { text: canonical } });
  });

  it.each([
    '10.1.2.3/8',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    'fd00::1/8',
    '::/129',
    'x/8',
  ])('%s is none', (text) => {
    expect(parseIpNetwork(text).ok).toBe(false);
  });

  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', '::ffff:10.0.0.1', false],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.6', false],
    ['fd00::/8', 'fdff::1', true],
    ['fd00::/8', 'fe00::1', false],
    ['0.0.0.0/0', '255.255.255.255', true],
  ])('%s has %s: %s', (network, address, has) => {
    const parsed = parseIpNetwork(network);
    const read = parseIpAddress(address);
    expect(parsed.ok && read && isInNetwork(parsed.network, read)).toBe(has);
  });
});
