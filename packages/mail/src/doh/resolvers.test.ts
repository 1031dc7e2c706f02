/** The resolver over HTTPS and that of Node give the same answers, from one zone. */
import { startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { dohAnswer } from '@tinyfat/testing/stand-ins/doh-front';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DnsResolver } from '../authenticate/lookups.ts';
import { nodeResolver } from '../node/dns.ts';
import { dohResolver } from './doh-resolver.ts';

const key = 'k'.repeat(600);
const ip6 = '2001:db8::7';
const budgetMs = 4_000;

const zone = {
  'example.com': {
    TXT: ['v=spf1 -all', key],
    A: ['192.0.2.1', '192.0.2.2'],
    AAAA: [ip6, '::1', '2001:db8:0:1:0:0:0:1'],
    MX: [
      { priority: 20, exchange: 'second.example.com' },
      { priority: 10, exchange: 'first.example.com' },
    ],
  },
  'nothing.example.com': {},
  'latin.example.com': { TXT: ['Grüße', ''] },
  'no-mail.example.com': { MX: [{ priority: 0, exchange: '.' }] },
  '7.2.0.192.in-addr.arpa': { PTR: ['mx.example.com'] },
  '8.2.0.192.in-addr.arpa': { CNAME: ['8.sub.2.0.192.in-addr.arpa'] },
  '8.sub.2.0.192.in-addr.arpa': { PTR: ['mx8.example.com'] },
  's1._domainkey.example.com': { CNAME: ['s1.keys.test'] },
  's1.keys.test': { CNAME: ['s2.keys.test'] },
  's2.keys.test': { TXT: ['v=DKIM1; p=x'], A: ['192.0.2.9'] },
  'dangling.example.com': { CNAME: ['gone.example.com'] },
  'empty.example.com': { CNAME: ['nothing.example.com'] },
  'ann_tag.*.a/b.example.com': { A: ['127.0.0.2'] },
  'broken.example.com': { fault: 'SERVFAIL' },
  'closed.example.com': { fault: 'REFUSED' },
  'silent.example.com': { fault: 'silence' },
} as const;

describe.each(['node', 'https'] as const)('the resolver by %s', (kind) => {
  const open: { close(): Promise<void> }[] = [];
  let resolver: DnsResolver;
  beforeAll(async () => {
    const dns = await startDnsStub(structuredClone(zone) as never);
    open.push(dns);
    resolver =
      kind === 'node'
        ? nodeResolver([dns.address], budgetMs)
        : dohResolver({
            url: 'https://dns.test/dns-query',
            budgetMs,
            fetch: async (_, { body, signal }) =>
              dohAnswer(dns.address, body as Uint8Array, signal ?? undefined),
          });
  });
  afterAll(async () => {
    resolver.cancel();
    for (const one of open) await one.close();
  });

  it.each([
    ['TXT', 'example.com', [['v=spf1 -all'], ['k'.repeat(255), 'k'.repeat(255), 'k'.repeat(90)]]],
    ['TXT', 'EXAMPLE.com.', [['v=spf1 -all'], ['k'.repeat(255), 'k'.repeat(255), 'k'.repeat(90)]]],
    ['TXT', 'latin.example.com', [['Gr\u00c3\u00bc\u00c3\u009fe'], ['']]],
    ['A', 'example.com', ['192.0.2.1', '192.0.2.2']],
    ['A', 'ann_tag.*.a/b.example.com', ['127.0.0.2']],
    ['AAAA', 'example.com', [ip6, '::1', '2001:db8:0:1::1']],
    ['PTR', '7.2.0.192.in-addr.arpa', ['mx.example.com']],
    ['PTR', '8.2.0.192.in-addr.arpa', ['mx8.example.com']],
    ['CNAME', 's1._domainkey.example.com', ['s1.keys.test']],
    ['TXT', 's1._domainkey.example.com', [['v=DKIM1; p=x']]],
    ['A', 's1._domainkey.example.com', ['192.0.2.9']],
  ])('gives %s of %s', async (type, name, expected) => {
    expect(await resolver.resolve(name, type)).toEqual(expected);
  });

  it.each([
    ['example.com', ['20 second.example.com', '10 first.example.com']],
    ['no-mail.example.com', ['0 ']],
  ])('gives MX of %s in the form that mailauth reads', async (name, expected) => {
    const found: unknown[] = await resolver.resolve(name, 'MX');
    const written = (found as { priority: number; exchange: string }[]).map(
      ({ priority, exchange }) => `${priority} ${exchange}`,
    );
    expect(written.sort()).toEqual(expected.sort());
    expect((found as string[][]).map(([exchange]) => exchange)).toEqual(
      (found as { exchange: string }[]).map(({ exchange }) => exchange),
    );
  });

  it.each([
    ['ENOTFOUND', 'TXT', 'nobody.example.com'],
    ['ENOTFOUND', 'TXT', 'dangling.example.com'],
    ['ENODATA', 'TXT', 'nothing.example.com'],
    ['ENODATA', 'A', 'empty.example.com'],
    ['ENODATA', 'CNAME', 'example.com'],
    ['ESERVFAIL', 'TXT', 'broken.example.com'],
    ['EREFUSED', 'TXT', 'closed.example.com'],
    ['ETIMEOUT', 'TXT', 'silent.example.com'],
    ['ETIMEOUT', 'SRV', 'example.com'],
    ['EBADNAME', 'TXT', `${'a'.repeat(64)}.example.com`],
    ['EBADNAME', 'TXT', 'a..example.com'],
    ['EBADNAME', 'A', 'ann+tag.example.com'],
    ['EBADNAME', 'A', 'a b.example.com'],
    ['EBADNAME', 'A', 'example.com\0.other.com'],
    ['EBADNAME', 'A', 'a\\.example.com'],
    ['EBADNAME', 'A', 'ex\u00e4mple.com'],
    ['EBADNAME', 'TXT', `${'a'.repeat(60)}.`.repeat(5)],
  ])('rejects with %s for %s of %s', async (code, type, name) => {
    await expect(resolver.resolve(name, type)).rejects.toMatchObject({ code });
  });
});
