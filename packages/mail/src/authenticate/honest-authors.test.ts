/** Ways in which mail programs write one author: strict as the grammar is, each of them is read and proven. */
import { authenticate, fromSender } from '@tinyfat/core';
import { signingDomain } from '@tinyfat/testing/signing-domain';
import { type DnsStub, startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspect, inspectionOf } from '../test-support/inspection.ts';
import { message } from '../test-support/messages.ts';

const example = signingDomain('example.org');

describe('a signed mail whose author is written as', () => {
  let dns: DnsStub;
  beforeAll(async () => {
    dns = await startDnsStub(example.records);
  });
  afterAll(() => dns.close());

  it.each([
    'ann@example.org',
    '<ann@example.org>',
    'Ann <ann@example.org>',
    'Ann<ann@example.org>',
    'Ann\r\n <ann@example.org>',
    '"Ann via Lists" <ANN@Example.ORG>',
    '"Example, Ann" <ann@example.org>',
    '"Ann \\"A\\" B" <ann@example.org>',
    '"ann@example.org" <ann@example.org>',
    'ann@example.org <ann@example.org>',
    'ann@example.org (Ann Example)',
    'Ann (Sales (EU)) <ann@example.org>',
    '[JIRA] Ann <ann@example.org>',
    "O'Hara & Co. <ann@example.org>",
    "'Ann' <ann@example.org>",
    'Änn <ann@example.org>',
    '=?utf-8?q?Ann_=C3=84?= <ann@example.org>',
    '=?utf-8?B?w4RubiDwn5iA?=\r\n =?utf-8?B?w4Rubg==?= <ann@example.org>',
  ])('%j is ann’s', async (from) => {
    const raw = message([`From: ${from}`, 'To: scout@agents.test', 'Subject: x']);
    const found = await inspect(await example.sign(raw), inspectionOf(dns, 'ann@example.org'));
    if (!found.ok) throw new Error(found.reason);
    expect(fromSender(found.summary)).toMatchObject({ ok: true, sender: { address: 'ann@example.org' } });
    expect(authenticate(found.evidence, 'example.org').state).toBe('authenticated');
  });
});
