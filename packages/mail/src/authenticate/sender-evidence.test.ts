/** Mail that a trusted client hands on while the operator has named servers: verified > asserted > unverified. */
import { authenticate } from '@tinyfat/core';
import { signingDomain } from '@tinyfat/testing/signing-domain';
import { type DnsStub, type DnsStubRecords, startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { afterEach, describe, expect, it } from 'vitest';
import { summarize } from '../inspect/summarize.ts';
import { evidenceOf, inspect } from '../test-support/inspection.ts';
import { message, strangeClient, trustedClient } from '../test-support/messages.ts';

const example = signingDomain('example.com');
const reject = { '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] } };
const headers = ['From: ann@example.com', 'To: bot@agents.test', 'Subject: x'];
const raw = message(headers);
const said = 'Authentication-Results: mx.provider.test; dmarc=pass header.from=example.com\r\n';
const onTop = (field: string, mail: Uint8Array) => Buffer.concat([Buffer.from(field), mail]);

describe('a mail that a server of ours hands on', () => {
  let dns: DnsStub | null = null;
  afterEach(async () => {
    await dns?.close();
    dns = null;
  });

  async function look(
    records: Record<string, DnsStubRecords>,
    bytes: Uint8Array,
    { client = trustedClient, authservIds = ['mx.provider.test'], budgetMs = 3000 } = {},
  ) {
    dns = await startDnsStub(records);
    const result = await inspect(bytes, {
      client,
      envelopeSender: 'ann@example.com',
      hostname: 'mx.agents.test',
      dns: { servers: [dns.address], budgetMs, lookups: 50 },
      authservIds,
    });
    if (!result.ok) throw new Error(result.reason);
    const conclusion = authenticate(result.evidence, 'example.com');
    return { evidence: result.evidence, state: conclusion.state };
  }

  it('is verified by its own signature first, without asking SPF about the relay', async () => {
    const records = { ...example.records, ...reject, 'example.com': { TXT: ['v=spf1 -all'] } };
    const { evidence, state } = await look(records, onTop(said, await example.sign(raw)));
    expect(state).toBe('authenticated');
    expect(evidence).toMatchObject({
      source: 'verified',
      authserv: null,
      spf: null,
      dkim: [{ result: 'pass' }],
      dmarc: { result: 'pass' },
    });
    expect(dns?.asked).not.toContain('TXT example.com');
  });

  it('is asserted where we cannot prove it and the named server says so', async () => {
    const { evidence, state } = await look(reject, onTop(said, raw));
    expect(state).toBe('authenticated');
    expect(evidence).toEqual({
      source: 'asserted',
      authserv: 'mx.provider.test',
      spf: null,
      dkim: [],
      dmarc: { result: 'pass', domain: 'example.com', policy: 'reject' },
    });
  });

  it('is asserted by a signature that broke on the way, where there is no policy', async () => {
    const signed = (await example.sign(raw)).toString('latin1').replace('hello', '[list] hello');
    const dkim = 'Authentication-Results: mx.provider.test; dkim=pass header.d=example.com header.s=mail\r\n';
    const { evidence, state } = await look(example.records, onTop(dkim, Buffer.from(signed, 'latin1')));
    expect(state).toBe('authenticated');
    expect(evidence).toMatchObject({
      source: 'asserted',
      dkim: [{ result: 'pass', domain: 'example.com', selector: 'mail', aligned: true, fingerprint: '' }],
      dmarc: null,
    });
  });

  it('has SPF by the word of the named server, aligned as the public suffixes are', async () => {
    const spf = (from: string) =>
      onTop(said.replace('; ', `; spf=pass smtp.mailfrom=${from}; `), message(headers));
    const first = await look(reject, spf('b@bounce.example.com'));
    expect(first.evidence.spf).toEqual({ result: 'pass', domain: 'bounce.example.com', aligned: true });
    await dns?.close();
    const second = await look(reject, spf('b@example.com.evil.test'));
    expect(second.evidence.spf).toMatchObject({ result: 'pass', aligned: false });
  });

  it('is unverified otherwise, with what we saw ourselves', async () => {
    const broken = (await example.sign(raw)).toString('latin1').replace('hello', 'hullo');
    const bytes = onTop(said.replace('mx.provider', 'mx.other'), Buffer.from(broken, 'latin1'));
    const { evidence, state } = await look({ ...example.records, ...reject }, bytes);
    expect(state).toBe('refused');
    expect(evidence).toMatchObject({
      source: 'unverified',
      authserv: null,
      spf: null,
      dkim: [{ domain: 'example.com', selector: 'mail' }],
      dmarc: null,
    });
  });

  it('is refused by what the named server says against it', async () => {
    const { evidence, state } = await look(reject, onTop(said.replace('pass', 'fail'), raw));
    expect([evidence.source, state]).toEqual(['asserted', 'refused']);
  });

  it('is tried again where DNS trouble may be all that is in the way', async () => {
    const trouble = { ...reject, 'mail._domainkey.example.com': { fault: 'SERVFAIL' as const } };
    const signed = await example.sign(raw);
    expect((await look(trouble, signed)).state).toBe('temporary');
    await dns?.close();
    expect((await look(trouble, onTop(said, signed))).state).toBe('authenticated');
  });

  it('is not checked where no server is named', async () => {
    const { evidence } = await look({}, onTop(said, raw), { authservIds: [] });
    expect(evidence.source).toBe('trusted_client');
    expect(dns?.asked).toEqual([]);
  });

  it('is nobody’s word where a stranger brings it', async () => {
    const { evidence, state } = await look(reject, onTop(said, raw), { client: strangeClient });
    expect([evidence.source, evidence.authserv, state]).toEqual(['verified', null, 'refused']);
    expect(evidence.spf).toMatchObject({ result: 'none', domain: 'example.com' });
  });

  it('is about nobody where the author that was read is not the one that was checked', async () => {
    dns = await startDnsStub({});
    const summary = summarize(Buffer.from('From: ann@other.test\r\n\r\n'), 'ann@other.test');
    const evidence = await evidenceOf(onTop(said.replace('example.com', 'other.test'), raw), summary, {
      client: trustedClient,
      envelopeSender: 'ann@other.test',
      hostname: 'mx.agents.test',
      dns: { servers: [dns.address], budgetMs: 3000, lookups: 50 },
      authservIds: ['mx.provider.test'],
    });
    expect(evidence).toMatchObject({ source: 'unverified', dmarc: null });
  });

  it.each([
    ['two From fields', ['From: ann@example.com', 'From: eve@evil.test']],
    ['two authors', ['From: ann@example.com, eve@evil.test']],
    ['no author', ['Subject: x']],
    ['an author that no allow-list could know', ['From: "a b"@example.com']],
  ])('is about nobody with %s', async (_what, authors) => {
    const { evidence, state } = await look(reject, onTop(said, message(authors)));
    expect([evidence.source, state]).toEqual(['unverified', 'refused']);
  });
});
