import { describe, expect, it } from 'vitest';
import { mayLeadInside, parseEgressAllow } from './inside.ts';
import { parseIpAddress } from './ip-address.ts';

const PORTS = [80, 443];

/** Whether a connection that is allowed by name may lead to the address, with these entries. */
function leads(to: string, port: number, entries: string, own = false): boolean {
  const parsed = parseEgressAllow(entries);
  const address = parseIpAddress(to);
  if (!parsed.ok || address === null) throw new Error(parsed.ok ? to : parsed.reason);
  return mayLeadInside(address, port, { allow: parsed.allow, ordinaryPorts: PORTS, own });
}

describe('hosts that the operator opens', () => {
  it.each([
    'wiki.internal.example,*.corp.example:8080',
    'db:5432',
    '10.0.0.0/8',
    '192.168.1.0/24:8080,10.1.2.3',
    'fd00::/8,[fd12::1]:8443,[fd12::]/16:443',
    '127.0.0.1:11434,::1',
    '169.254.169.254',
    '100.100.100.200',
  ])('reads %s', (text) => {
    expect(parseEgressAllow(text)).toMatchObject({ ok: true });
  });

  it.each([
    // What no host has, in any spelling.
    '0.0.0.0',
    '0.0.0.0:80',
    '::',
    '[::]:80',
    '255.255.255.255',
    '224.0.0.1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '64:ff9b::10.0.0.1',
    // Networks in which something dangerous or everything lies.
    '0.0.0.0/0',
    '::/0',
    '0.0.0.0/1',
    '127.0.0.0/8',
    '127.0.0.0/31',
    '169.254.0.0/16',
    '169.254.169.0/24',
    '169.254.169.254/31',
    'fe80::/10',
    '::/96',
    '8.0.0.0/8',
    '8.8.8.0/24',
    '172.0.0.0/8',
    '192.0.0.0/8',
    '2000::/3',
    'fe00::/7',
    // No hosts.
    '*',
    '*.internal',
    'localhost',
    'localhost:8080',
    'a.localhost:80',
    'db',
    'http://wiki.example.com/',
    '2130706433',
    '0x7f.1',
    '127.1',
    'wiki.example.com:http',
    'wiki.example.com,',
    '',
  ])('refuses %s with what to write', (text) => {
    const parsed = parseEgressAllow(text);
    expect(parsed).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^can not be used: entry \d: /),
    });
  });

  it('lets an allowed name lead to private addresses', () => {
    for (const to of ['10.0.0.5', '172.31.0.1', '192.168.0.1', '100.64.0.1', 'fd00::1', 'fc00::1']) {
      expect(leads(to, 443, 'wiki.example.com')).toBe(true);
    }
  });

  it.each([
    '127.0.0.1',
    '::1',
    '0.0.0.0',
    '::',
    '169.254.169.254',
    '169.254.170.2',
    '169.254.1.1',
    'fe80::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
    '::ffff:10.0.0.1',
    '::ffff:127.0.0.1',
    '64:ff9b::a00:1',
    '64:ff9b:1::a00:1',
    '2002:a00:1::',
    '::10.0.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '192.0.2.1',
  ])('never lets it lead to %s, nor does a network around it', (to) => {
    for (const entries of ['wiki.example.com', '10.0.0.0/8,100.64.0.0/10,fc00::/7,fd00::/8']) {
      expect(leads(to, 443, entries)).toBe(false);
    }
  });

  it.each([
    ['127.0.0.1', '127.0.0.1:8080', 8080, true],
    ['127.0.0.1', '127.0.0.1:8080', 443, false],
    ['127.0.0.1', '127.0.0.1', 443, true],
    ['127.0.0.1', '127.0.0.1', 8080, false],
    ['127.0.0.2', '127.0.0.1', 443, false],
    ['::1', '[0:0:0:0:0:0:0:1]:443', 443, true],
    ['169.254.169.254', '169.254.169.254', 80, true],
    ['fd00:ec2::254', '[fd00:ec2::254]:80', 80, true],
    ['fd00:ec2::254', '[fd00:ec2::]/32:80', 80, false],
  ])('leads to %s by %s on port %i: %s', (to, entries, port, allowed) => {
    expect(leads(to, port, entries)).toBe(allowed);
  });

  it("leads to this machine's own addresses only where they are named themselves", () => {
    expect(leads('10.0.0.5', 443, 'wiki.example.com', true)).toBe(false);
    expect(leads('10.0.0.5', 443, '10.0.0.0/8', true)).toBe(false);
    expect(leads('10.0.0.5', 443, '10.0.0.5', true)).toBe(true);
  });
});
