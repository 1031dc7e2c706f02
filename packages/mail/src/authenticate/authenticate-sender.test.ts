import { signingDomain } from '@tinyfat/testing/signing-domain';
import { type DnsStub, type DnsStubRecords, startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { afterEach, describe, expect, it } from 'vitest';
import { summarize } from '../inspect/summarize.ts';
import { inspect, evidenceOf as senderEvidenceOf } from '../test-support/inspection.ts';
import { message, strangeClient, trustedClient } from '../test-support/messages.ts';

const example = signingDomain('example.com');
const list = signingDomain('list.test');
const raw = message([
  'From: Ann <ann@example.com>',
  'To: bot@agents.test',
  'Subject: x',
  'Date: Mon, 1 Jan 2024 00:00:00 +0000',
]);
const reject = { '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] } };

describe('sender authentication', () => {
  let dns: DnsStub | null = null;
  afterEach(async () => {
    await dns?.close();
    dns = null;
  });

  async function evidenceOf(
    records: Record<string, DnsStubRecords>,
    bytes: Uint8Array,
    { sender = 'ann@example.com', client = strangeClient, budgetMs = 3000, lookups = 50 } = {},
  ) {
    dns = await startDnsStub(records);
    const limits = { servers: [dns.address], budgetMs, lookups };
    const result = await inspect(bytes, {
      client,
      envelopeSender: sender,
      hostname: 'mx.agents.test',
      dns: limits,
      authservIds: [],
    });
    if (!result.ok) throw new Error(result.reason);
    return result.evidence;
  }

  it('passes a mail that its domain signed', async () => {
    const signed = await example.sign(raw, { signTime: new Date(1_704_067_200_000) });
    expect(await evidenceOf({ ...example.records, ...reject }, signed)).toEqual({
      source: 'verified',
      authserv: null,
      spf: { result: 'none', domain: 'example.com', aligned: true },
      dkim: [
        {
          result: 'pass',
          domain: 'example.com',
          selector: 'mail',
          aligned: true,
          bodyLengthLimited: false,
          signedHeaders: expect.arrayContaining(['from', 'to', 'subject', 'date']),
          signedAt: 1_704_067_200_000,
          fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      ],
      dmarc: { result: 'pass', domain: 'example.com', policy: 'reject' },
    });
  });

  it('passes an unsigned mail from a host that SPF names, through include and MX too', async () => {
    const records = {
      ...reject,
      'example.com': {
        TXT: ['v=spf1 include:_spf.example.com mx -all'],
        MX: [{ priority: 1, exchange: 'mx.example.com' }],
      },
      '_spf.example.com': { TXT: ['v=spf1 ip4:198.51.100.0/24 ?all'] },
      'mx.example.com': { A: ['192.0.2.1'] },
    };
    expect(await evidenceOf(records, raw)).toMatchObject({
      spf: { result: 'pass', domain: 'example.com', aligned: true },
      dkim: [],
      dmarc: { result: 'pass' },
    });
  });

  it('fails a mail of somebody else', async () => {
    const records = { ...reject, 'example.com': { TXT: ['v=spf1 ip4:198.51.100.1 -all'] } };
    expect(await evidenceOf(records, raw)).toMatchObject({
      spf: { result: 'fail' },
      dmarc: { result: 'fail', domain: 'example.com', policy: 'reject' },
    });
  });

  it('fails a signed mail whose body was changed', async () => {
    const signed = await example.sign(raw);
    const changed = Buffer.from(signed.toString('latin1').replace('hello', 'hullo'), 'latin1');
    const evidence = await evidenceOf({ ...example.records, ...reject }, changed);
    expect(evidence.dkim).toMatchObject([{ domain: 'example.com' }]);
    expect(evidence.dkim[0]?.result).not.toBe('pass');
    expect(evidence.dmarc?.result).toBe('fail');
  });

  it('does not let another domain’s signature or SPF vouch for the author', async () => {
    const records = { ...list.records, ...reject, 'list.test': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] } };
    const evidence = await evidenceOf(records, await list.sign(raw), { sender: 'bounce@list.test' });
    expect(evidence).toMatchObject({
      spf: { result: 'pass', domain: 'list.test', aligned: false },
      dkim: [{ result: 'policy', domain: 'list.test', aligned: false }],
      dmarc: { result: 'fail' },
    });
  });

  it('aligns a subdomain’s signature, unless the record is strict', async () => {
    const sub = signingDomain('mail.example.com');
    const signed = await sub.sign(raw);
    const relaxed = await evidenceOf({ ...sub.records, ...reject }, signed);
    expect(relaxed).toMatchObject({ dkim: [{ result: 'pass', aligned: true }], dmarc: { result: 'pass' } });
    await dns?.close();
    const strict = { '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject; adkim=s'] } };
    expect((await evidenceOf({ ...sub.records, ...strict }, signed)).dmarc?.result).toBe('fail');
  });

  it('aligns SPF of a subdomain, unless the record is strict, and of no sibling under a public suffix', async () => {
    const pass = { TXT: ['v=spf1 ip4:192.0.2.1 -all'] };
    const sender = 'ann@bounce.example.com';
    const spfOf = async (records: Record<string, DnsStubRecords>, bytes: Uint8Array, from: string) => {
      const { spf } = await evidenceOf(records, bytes, { sender: from });
      await dns?.close();
      dns = null;
      return spf;
    };
    expect(await spfOf({ ...reject, 'bounce.example.com': pass }, raw, sender)).toMatchObject({
      result: 'pass',
      aligned: true,
    });
    expect(await spfOf({ 'bounce.example.com': pass }, raw, sender)).toMatchObject({ aligned: true });
    const strict = { '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject; aspf=s'] } };
    expect(await spfOf({ ...strict, 'bounce.example.com': pass }, raw, sender)).toMatchObject({
      result: 'pass',
      aligned: false,
    });
    const suffixed = message(['From: ann@shop.co.uk', 'Subject: x']);
    expect(await spfOf({ 'evil.co.uk': pass }, suffixed, 'eve@evil.co.uk')).toMatchObject({
      result: 'pass',
      aligned: false,
    });
  });

  it('tells a domain without a DMARC record, and an aligned signature there', async () => {
    expect(await evidenceOf(example.records, await example.sign(raw))).toMatchObject({
      dkim: [{ result: 'pass', aligned: true }],
      dmarc: { result: 'none', domain: 'example.com', policy: null },
    });
  });

  it('does not pass a mail on a signature that leaves the end of the body open', async () => {
    const limited = await example.sign(raw, { maxBodyLength: 4 });
    const appended = Buffer.concat([limited, Buffer.from('and send me all the money\r\n')]);
    expect(await evidenceOf({ ...example.records, ...reject }, appended)).toMatchObject({
      dkim: [{ result: 'policy', bodyLengthLimited: true }],
      dmarc: { result: 'fail' },
    });
  });

  it('passes on the whole signature where there is a limited one beside it', async () => {
    const both = await example.sign(await example.sign(raw, { maxBodyLength: 4 }));
    const evidence = await evidenceOf({ ...example.records, ...reject }, both);
    expect(evidence.dmarc?.result).toBe('pass');
    expect(evidence.dkim.map((one) => [one.result, one.bodyLengthLimited]).sort()).toEqual([
      ['pass', false],
      ['policy', true],
    ]);
  });

  it('reads a domain in Unicode and in ASCII as one', async () => {
    const domain = signingDomain('xn--mnchen-3ya.test');
    const mail = message(['From: ann@münchen.test', 'Subject: x']);
    const records = { ...domain.records, '_dmarc.xn--mnchen-3ya.test': { TXT: ['v=DMARC1; p=none'] } };
    expect(await evidenceOf(records, await domain.sign(mail))).toMatchObject({
      dkim: [{ result: 'pass', aligned: true }],
      dmarc: { result: 'pass', domain: 'xn--mnchen-3ya.test', policy: 'none' },
    });
  });

  it.each(['SERVFAIL', 'silence'] as const)('says temperror wherever DNS trouble was (%s)', async (fault) => {
    const names = ['example.com', 'mail._domainkey.example.com', '_dmarc.example.com'];
    const records = Object.fromEntries(names.map((name) => [name, { fault }]));
    const evidence = await evidenceOf(records, await example.sign(raw), { budgetMs: 400 });
    expect(evidence).toMatchObject({
      spf: { result: 'temperror' },
      dkim: [{ result: 'temperror', domain: 'example.com' }],
      dmarc: { result: 'temperror' },
    });
  });

  it('tells DNS trouble with the key from a key that is not there', async () => {
    const signed = await example.sign(raw);
    const trouble = await evidenceOf(
      { ...reject, 'mail._domainkey.example.com': { fault: 'SERVFAIL' } },
      signed,
    );
    expect(trouble.dkim[0]?.result).toBe('temperror');
    expect(trouble.dmarc?.result).toBe('fail');
    await dns?.close();
    expect((await evidenceOf(reject, signed)).dkim[0]?.result).toBe('neutral');
  });

  it('asks no more than its limit of questions, and calls the rest temperror', async () => {
    const evidence = await evidenceOf({ ...example.records, ...reject }, await example.sign(raw), {
      lookups: 2,
    });
    expect(dns?.asked).toHaveLength(2);
    expect(evidence.dmarc?.result).toBe('temperror');
  });

  it('vouches for nobody when the author it checked is not the one that was read', async () => {
    const own = { 'example.com': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] } };
    dns = await startDnsStub({ ...example.records, ...reject, ...own });
    const summary = summarize(Buffer.from('From: ann@other.test\r\n\r\n'), 'ann@example.com');
    const evidence = await senderEvidenceOf(await example.sign(raw), summary, {
      client: strangeClient,
      envelopeSender: 'ann@example.com',
      hostname: 'mx.agents.test',
      dns: { servers: [dns.address], budgetMs: 3000, lookups: 50 },
      authservIds: [],
    });
    expect(evidence).toMatchObject({
      spf: { result: 'pass', aligned: false },
      dkim: [{ aligned: false }],
      dmarc: { result: 'permerror', domain: null },
    });
  });

  it('asks nothing about a trusted client’s mail', async () => {
    const evidence = await evidenceOf({}, await example.sign(raw), { client: trustedClient });
    expect(evidence).toEqual({
      source: 'trusted_client',
      authserv: null,
      spf: null,
      dkim: [],
      dmarc: null,
    });
    expect(dns?.asked).toEqual([]);
  });

  it('checks DKIM and DMARC where there is no client address', async () => {
    const client = { address: '', helo: null, trusted: false };
    expect(
      await evidenceOf({ ...example.records, ...reject }, await example.sign(raw), { client }),
    ).toMatchObject({
      spf: null,
      dmarc: { result: 'pass' },
    });
  });
});
