/**
 * Domains that two programs read differently. The attacker owns evil.example and everything below it, so a key may
 * lie under names such as `s._domainkey.example.org/x.evil.example`: `/` is legal in DNS, and whoever reads the
 * name as a URL sees example.org. By every way in, no such name may prove anything about ann@example.org.
 */
import { authenticate, type ClientConnection, fromSender } from '@tinyfat/core';
import { keyRecord, signOddly } from '@tinyfat/testing/odd-signature';
import { type DnsStub, type DnsStubRecords, startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspect, inspectionOf } from '../test-support/inspection.ts';
import { message, strangeClient, trustedClient } from '../test-support/messages.ts';

const VISIBLE = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
const NOT_LDH = VISIBLE.filter((character) => !/[A-Za-z0-9.-]/.test(character));
/** Each is example.org for somebody who reads more than a domain name. */
const ODD_DOMAINS = [
  ...NOT_LDH.flatMap((character) => [
    `example.org${character}x.evil.example`,
    `example.org${character}`,
    `${character}example.org`,
    `x.evil.example${character}example.org`,
  ]),
  'example.org%2fx.evil.example',
  'example%2eorg',
  'example.org%00.evil.example',
  'exam%70le.org',
  'example.org.',
  'example.org..',
  '.example.org',
  'example..org',
  'example.org\u3002evil.example',
  'ｅxample.org',
  'example．org',
  'exa\u00admple.org',
  'example.org\u200b',
  'example.org／x.evil.example',
  'ＥＸＡＭＰＬＥ.ＯＲＧ',
  'http://example.org',
  '//example.org',
  'user@example.org/',
  'example.org:80',
  '[example.org]',
  `${'a.'.repeat(130)}example.org`,
  `${'a'.repeat(64)}.example.org`,
  'org',
  '-.example.org',
];
/** Every one by the first way, and each by one of the other ways too: no way takes its domains from another. */
const domainsOf = (way: number) =>
  way === 0 ? ODD_DOMAINS : ODD_DOMAINS.filter((_, index) => index % (ways.length - 1) === way - 1);
const mail = message(['From: ann@example.org', 'To: bot@agents.test', 'Subject: x']);
/** Each signature is made once, for all the ways in which its mail comes. */
const signedMails = new Map<string, Buffer>();
function signed(tags: Record<string, string>): Buffer {
  const key = JSON.stringify(tags);
  const raw = signedMails.get(key) ?? signOddly(mail, tags);
  signedMails.set(key, raw);
  return raw;
}
const ways: [string, ClientConnection, string[]][] = [
  ['over SMTP', strangeClient, []],
  ['behind a relay of ours', trustedClient, ['mx.relay.test']],
  ['by webhook', { address: 'resend', helo: null, trusted: false, provider: 'resend' }, []],
  [
    'by webhook with a named server',
    { address: 'postmark', helo: null, trusted: false, provider: 'postmark' },
    ['mx.relay.test'],
  ],
];
const policies: [string, Record<string, DnsStubRecords>][] = [
  ['with p=reject', { '_dmarc.example.org': { TXT: ['v=DMARC1; p=reject'] } }],
  ['without a policy', {}],
];

describe.each(policies.map((policy, at) => [...policy, at] as const))(
  'a domain that is no domain name, %s',
  (_policy, records, half) => {
    let dns: DnsStub;
    beforeAll(async () => {
      const keys = ODD_DOMAINS.map((domain) => keyRecord(domain));
      dns = await startDnsStub(Object.assign({}, records, ...keys, keyRecord('example.org', 't=s;')));
    });
    afterAll(() => dns.close());

    async function provesAnn(raw: Uint8Array, client: ClientConnection, authservIds: string[]) {
      const found = await inspect(raw, inspectionOf(dns, 'eve@evil.example', { client, authservIds }));
      if (!found.ok) return null;
      const from = fromSender(found.summary);
      if (!from.ok) return null;
      return authenticate(found.evidence, from.sender.domain).state;
    }

    it.each(ways)(
      'is known to be tested by a signature that does prove ann, %s',
      async (_way, client, ids) => {
        expect(await provesAnn(signed({ d: 'example.org' }), client, ids)).toBe('authenticated');
      },
    );

    it.each(ways.map((way, at) => [...way, at] as const))(
      'proves nothing as d=, %s',
      async (_way, client, ids, at) => {
        for (const domain of domainsOf(at)) {
          const state = await provesAnn(signed({ d: domain }), client, ids);
          expect([domain, state]).toEqual([domain, 'refused']);
        }
      },
    );

    it.each(ways.map((way, at) => [...way, at] as const))(
      'proves nothing as i= of the author’s own signature, %s',
      async (_way, client, ids, at) => {
        for (const domain of domainsOf(at)) {
          const raw = signed({ d: 'example.org', i: `@${domain.replace(/[;=]/g, '/')}` });
          expect([domain, await provesAnn(raw, client, ids)]).toEqual([domain, 'refused']);
        }
      },
    );

    it.each(['header.from', 'header.d', 'header.i', 'smtp.mailfrom'])(
      'proves nothing as the %s that a named server asserts',
      async (property) => {
        const method = { 'header.from': 'dmarc', 'smtp.mailfrom': 'spf' }[property] ?? 'dkim';
        // Our policy is not asked then: one half of the names here, the other there. What has an @ is an address here, and of
        // the domain behind it.
        const names = ODD_DOMAINS.filter((text, index) => index % 2 === half && !text.includes('@'));
        for (const domain of names) {
          // A semicolon ends an unquoted value, so that one is a domain name again.
          const bare = domain.includes(';') ? [] : [domain, `@${domain}`];
          for (const text of [...bare, `"${domain.replace(/["\\]/g, '\\$&')}"`]) {
            const field = `Authentication-Results: mx.relay.test; ${method}=pass ${property}=${text}\r\n`;
            // A broken signature of the attacker gives the asserted one room.
            const raw = Buffer.concat([Buffer.from(field), signed({ d: domain, bh: 'AAAA' })]);
            const state = await provesAnn(raw, trustedClient, ['mx.relay.test']);
            expect([field, state]).toEqual([field, 'refused']);
          }
        }
      },
    );
  },
);

describe('an envelope sender whose domain is no domain name', () => {
  it('lets SPF vouch for nobody', async () => {
    const spf = { TXT: ['v=spf1 ip4:192.0.2.1 -all'] };
    const names = ODD_DOMAINS.map((domain) => ({ [domain]: spf }));
    const policy = { '_dmarc.example.org': { TXT: ['v=DMARC1; p=reject'] } };
    const dns = await startDnsStub(Object.assign({}, policy, ...names));
    try {
      for (const domain of ODD_DOMAINS) {
        const found = await inspect(mail, inspectionOf(dns, `eve@${domain}`));
        const spfAligned = found.ok && found.evidence.spf?.aligned;
        expect([domain, spfAligned]).toEqual([domain, false]);
      }
    } finally {
      await dns.close();
    }
  });
});
