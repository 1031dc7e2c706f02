/** Signatures that RFC 6376 tells a verifier to reject, over bytes that they really cover, by the author's own key. */
import { authenticate } from '@tinyfat/core';
import { keyRecord, signOddly } from '@tinyfat/testing/odd-signature';
import { type DnsStub, startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { afterEach, describe, expect, it } from 'vitest';
import { inspect, inspectionOf } from '../test-support/inspection.ts';
import { message } from '../test-support/messages.ts';

const mail = message(['From: ann@example.org', 'To: bot@agents.test', 'Subject: x']);

describe('a signature of the author’s domain', () => {
  let dns: DnsStub | null = null;
  afterEach(async () => {
    await dns?.close();
    dns = null;
  });

  async function judge(raw: Uint8Array, records = keyRecord('example.org')) {
    await dns?.close();
    dns = await startDnsStub(records);
    const found = await inspect(raw, inspectionOf(dns, 'ann@example.org'));
    if (!found.ok) throw new Error(found.reason);
    const { evidence } = found;
    return { state: authenticate(evidence, 'example.org').state, evidence, asked: dns.asked };
  }
  const signed = (tags: Record<string, string | null> = {}) => signOddly(mail, { d: 'example.org', ...tags });

  it.each([
    [{}],
    [{ i: '@example.org' }],
    [{ i: 'ann@mail.example.org' }],
    [{ q: 'dns/txt' }],
    [{ t: '1767225600', x: '4102444800' }],
  ])('proves its author with tags as they should be: %j', async (tags) => {
    expect((await judge(signed(tags))).state).toBe('authenticated');
  });

  it.each([
    [{ v: '2' }],
    [{ v: '1.0' }],
    [{ v: '' }],
    [{ v: null }],
    [{ i: '@evil.example' }],
    [{ i: 'ann@example.org.evil.example' }],
    [{ i: '@xexample.org' }],
    [{ i: 'example.org' }],
    [{ i: '@org' }],
    [{ i: '' }],
    [{ d: 'mail.example.org', i: '@example.org' }],
    [{ bh: null }],
    [{ h: 'subject' }],
    [{ h: '' }],
    [{ q: 'http' }],
    [{ t: '4102444800', x: '1767225600' }],
    [{ x: '1' }],
    [{ x: 'never' }],
    [{ a: 'rsa-sha1' }],
    [{ a: 'none' }],
    [{ l: '0' }],
    [{ l: '5' }],
    [{ l: '999999' }],
    [{ l: 'x' }],
    [{ 'x-a': 'y; d=evil.example' }],
    [{ 'x-a': 'y; v=1' }],
  ])('proves nobody with %j', async (tags) => {
    const keys = { ...keyRecord('example.org'), ...keyRecord('mail.example.org') };
    expect((await judge(signed(tags), keys)).state).toBe('refused');
  });

  it('proves nobody while its key is for testing', async () => {
    for (const flags of ['t=y;', 't=s:y;', 't=y:s;', 't= y ;']) {
      const { state, evidence } = await judge(signed(), keyRecord('example.org', flags));
      expect([flags, state, evidence.dkim[0]?.result]).toEqual([flags, 'refused', 'policy']);
    }
  });

  it('proves nobody where its key forbids identities of subdomains', async () => {
    const strict = keyRecord('example.org', 't=s;');
    expect((await judge(signed({ i: '@mail.example.org' }), strict)).state).toBe('refused');
    expect((await judge(signed({ i: '@example.org' }), strict)).state).toBe('authenticated');
  });

  it('proves its author with a key record that has a semicolon too many', async () => {
    expect((await judge(signed(), keyRecord('example.org', ';'))).state).toBe('authenticated');
  });
});

describe('signatures that can prove nothing', () => {
  it('cost no lookup of a key, whatever became of the body', async () => {
    const useless = ['l=1', 'l=2', 'l=3'].map((limit) => ({ d: 'example.org', l: limit.slice(2) }));
    let raw = signOddly(mail, { d: 'evil.example' });
    for (const tags of [...useless, { d: 'example.org.evil.example' }, { d: 'other.org' }]) {
      raw = Buffer.concat([signOddly(mail, tags).subarray(0, -mail.length), raw]);
    }
    const dns = await startDnsStub({});
    const found = await inspect(
      raw,
      inspectionOf(dns, 'ann@example.org', { client: { address: '', helo: null, trusted: false } }),
    );
    await dns.close();
    expect(found.ok && found.evidence.dkim.map(({ result }) => result)).toEqual(Array(6).fill('policy'));
    expect(dns.asked.filter((question) => question.includes('_domainkey'))).toEqual([]);
  });
});
