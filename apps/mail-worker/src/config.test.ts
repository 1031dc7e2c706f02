import { expect, it } from 'vitest';
import { readSettings } from './config.ts';

it('reads the variables', () => {
  expect(readSettings({ MAIL_DOMAIN: 'Agents.Example.org', TRUSTED_AUTHSERV_IDS: 'MX.a.test, b' })).toEqual({
    mailDomain: 'agents.example.org',
    trustedAuthservIds: ['mx.a.test', 'b'],
    dnsOverHttps: 'https://cloudflare-dns.com/dns-query',
  });
});

it.each([
  ['MAIL_DOMAIN', '-x'],
  ['TRUSTED_AUTHSERV_IDS', 'a b'],
  ['DNS_OVER_HTTPS', 'http://dns.test/dns-query'],
  ['DNS_OVER_HTTPS', 'https://user:secret@dns.test/'],
  ['DNS_OVER_HTTPS', '1.1.1.1'],
])('throws with the name of what can not be used: %s=%s', (name, value) => {
  expect(() => readSettings({ [name]: value })).toThrow(name);
});
