/**
 * Forged authors: two parsers read the From header, one to authenticate, one to look on the allow-list.
 * Whatever is written there, no mail signed by evil.test may come out as an authenticated ann@example.com.
 */
import { domainToASCII } from 'node:url';
import type { Inspection } from '@tinyfat/core';
import { signingDomain } from '@tinyfat/testing/signing-domain';
import { type DnsStub, startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspect } from '../test-support/inspection.ts';
import { strangeClient } from '../test-support/messages.ts';

const evil = signingDomain('evil.test');
const end = '\r\nSubject: x\r\n\r\nhello\r\n';

/** What an allow-list may conclude: the address of the only author, when DMARC or an aligned signature passed for its domain. */
function authenticated(inspection: Inspection): string | null {
  if (!inspection.ok) return null;
  const { summary, evidence } = inspection;
  if (!summary.from.ok) return null;
  const passed =
    evidence.dmarc?.result === 'pass' ||
    (evidence.dmarc?.result === 'none' &&
      evidence.dkim.some((one) => one.result === 'pass' && one.aligned && !one.bodyLengthLimited));
  return passed ? summary.from.address.toLowerCase() : null;
}

describe('forged authors', () => {
  let dns: DnsStub;
  beforeAll(async () => {
    dns = await startDnsStub({
      ...evil.records,
      'evil.test': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] },
      '_dmarc.evil.test': { TXT: ['v=DMARC1; p=none'] },
      '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] },
    });
  });
  afterAll(() => dns.close());

  const look = async (raw: Uint8Array) =>
    inspect(raw, {
      client: strangeClient,
      envelopeSender: 'eve@evil.test',
      hostname: 'mx.agents.test',
      dns: { servers: [dns.address], budgetMs: 3000, lookups: 50 },
      authservIds: [],
    });

  it('passes evil.test as itself, so the cases below prove something', async () => {
    expect(authenticated(await look(await evil.sign(Buffer.from(`From: eve@evil.test${end}`))))).toBe(
      'eve@evil.test',
    );
  });

  it.each([
    'From: eve@evil.test\r\nFrom: ann@example.com',
    'From: ann@example.com\r\nFrom: eve@evil.test',
    'From: eve@evil.test\r\nfRoM : ann@example.com',
    'From: eve@evil.test\nFrom: ann@example.com',
    'From: eve@evil.test\rFrom: ann@example.com',
    'From: eve@evil.test\r\nFrom\r\n : ann@example.com',
    'From: eve@evil.test\r\n\u00a0From: ann@example.com',
    'From: eve@evil.test\r\n\ufeffFrom: ann@example.com',
    'From: ann@example.com, eve@evil.test',
    'From: eve@evil.test, ann@example.com',
    'From: ann@example.com <eve@evil.test>',
    'From: "ann@example.com" <eve@evil.test>',
    'From: <ann@example.com> <eve@evil.test>',
    'From: ann@example.com eve@evil.test',
    'From: <ann@example.com>eve@evil.test',
    'From: eve@evil.test <ann@example.com>',
    'From: "eve@evil.test" <ann@example.com>',
    'From: <ann@example.com@evil.test>',
    'From: <eve@evil.test@example.com>',
    'From: <@evil.test:ann@example.com>',
    'From: ann@example.com(@evil.test)',
    'From: ann(eve@evil.test)@example.com',
    'From: "ann@example.com\\" <"@evil.test',
    'From: <"ann@example.com"@evil.test>',
    'From: =?utf-8?q?ann=40example.com?= <eve@evil.test>',
    'From: =?utf-8?q?ann=40example.com?=@evil.test',
    'From: <=?utf-8?q?ann=40example.com=3E?=@evil.test>',
    'From: <ann@example.com\0@evil.test>',
    'From: ann@example.com\0 <eve@evil.test>',
    'From: group: ann@example.com;, eve@evil.test',
    'From: group: eve@evil.test, ann@example.com;',
    'From: ann@example.com;\r\n eve@evil.test',
    'Sender: ann@example.com\r\nReply-To: ann@example.com\r\nFrom: eve@evil.test',
    'Resent-From: eve@evil.test\r\nFrom: ann@example.com',
    '\r\nFrom: ann@example.com',
    'X: y\r\n\r\r\nFrom: ann@example.com\r\nFrom: eve@evil.test',
    'From: eve@evil.test\r\n\r\r\nFrom: ann@example.com',
    'From: ann@evil.test.\r\nX-From: ann@example.com',
    'From: ann@ex\u0430mple.com',
    'From: ann@example.com\u3002evil.test',
  ])('%j', async (head) => {
    const raw = Buffer.from(head + end);
    for (const bytes of [await evil.sign(raw), raw]) {
      const author = authenticated(await look(bytes));
      const domain = author === null ? null : domainToASCII(author.slice(author.lastIndexOf('@') + 1));
      if (domain !== null) expect(domain).toMatch(/(^|\.)evil\.test\.?$/);
    }
  });

  it.each([
    'From\r\r\n : ann@evil.test\r\n\r\r\n',
    'From\r\r\n : ann@evil.test\r\n',
    ' From: ann@evil.test\r\n',
    ' \r\n From: ann@evil.test\r\n',
    'X: y\r\nFrom\r : ann@evil.test\r\n',
    'From\n\t: ann@evil.test\n',
  ])('of the same domain, put on top of what eve signed, are nobody: %j', async (top) => {
    // evil.test signs for whoever works there; a second author that one reader sees alone would be another person.
    const signed = await evil.sign(Buffer.from(`From: eve@evil.test${end}`));
    expect(authenticated(await look(Buffer.concat([Buffer.from(top), signed])))).toBe(null);
  });
});
