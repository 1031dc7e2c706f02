/**
 * A signed mail in the hands of somebody else: what he may change and add without breaking the signature, by real
 * signatures and the whole inspection.
 */
import { authenticate, fromSender, judgeReplay } from '@tinyfat/core';
import { signingDomain } from '@tinyfat/testing/signing-domain';
import { type DnsStub, startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspect } from '../test-support/inspection.ts';
import { message, strangeClient } from '../test-support/messages.ts';

const AGENT = 'scout@agents.test';
const NOW = Date.UTC(2026, 0, 31);
const DAY = 86_400_000;
const boss = signingDomain('corp.test');
const letter = (to: string) =>
  message([
    'From: boss@corp.test',
    `To: ${to}`,
    'Subject: Report',
    'Date: Sat, 31 Jan 2026 00:00:00 +0000',
    'Message-ID: <1@corp.test>',
  ]);
const signed = (to = AGENT) => boss.sign(letter(to), { signTime: new Date(NOW) });

describe('a signed mail in other hands', () => {
  let dns: DnsStub;
  beforeAll(async () => {
    dns = await startDnsStub({ ...boss.records, '_dmarc.corp.test': { TXT: ['v=DMARC1; p=reject'] } });
  });
  afterAll(() => dns.close());

  async function look(raw: Uint8Array) {
    return await inspect(raw, {
      client: strangeClient,
      envelopeSender: 'eve@evil.test',
      hostname: 'mx.agents.test',
      dns: { servers: [dns.address], budgetMs: 3000, lookups: 50 },
      authservIds: [],
    });
  }
  /** What becomes of the mail: not readable, not proven, or what the replay rule says. */
  async function judge(raw: Uint8Array, now = NOW): Promise<string> {
    const found = await look(raw);
    if (!found.ok) return found.code;
    const from = fromSender(found.summary);
    if (!from.ok) return from.code;
    const conclusion = authenticate(found.evidence, from.sender.domain);
    if (conclusion.state === 'refused') return conclusion.code;
    const { summary, evidence } = found;
    const where = { envelopeSender: 'eve@evil.test', agentBase: AGENT, viaSecretAddress: false };
    const verdict = judgeReplay({ evidence, summary, senderBase: from.sender.base, ...where, now });
    return verdict.ok ? `taken from ${from.sender.address}` : verdict.code;
  }
  const onTop = async (fields: string, to?: string) => Buffer.concat([Buffer.from(fields), await signed(to)]);

  it('is taken as it is for a week', async () => {
    expect(await judge(await signed())).toBe('taken from boss@corp.test');
    expect(await judge(await signed(), NOW + 7 * DAY)).toBe('taken from boss@corp.test');
    expect(await judge(await signed(), NOW + 7 * DAY + 1)).toBe('stale');
    expect(await judge(await signed(), NOW - 2 * DAY)).toBe('stale');
  });

  it('has the time of a Date that it covers, and of no other', async () => {
    const timeless = await boss.sign(letter(AGENT), { signTime: null });
    expect(await judge(timeless)).toBe('taken from boss@corp.test');
    expect(await judge(timeless, NOW + 8 * DAY)).toBe('stale');
    const undated = await boss.sign(letter(AGENT), { signTime: null, headerList: ['from', 'to'] });
    expect(await judge(undated)).toBe('stale');
    const later = Buffer.from('Date: Sun, 8 Feb 2026 00:00:00 +0000\r\n');
    expect(await judge(Buffer.concat([later, timeless]), NOW + 8 * DAY)).toBe('stale');
  });

  it('is quarantined where it was written to somebody else', async () => {
    expect(await judge(await signed('bob@else.test'))).toBe('not_addressed');
    const anyTo = await boss.sign(letter(AGENT), { signTime: new Date(NOW), headerList: ['from', 'date'] });
    expect(await judge(anyTo)).toBe('not_addressed');
  });

  it.each([
    `To: ${AGENT}\r\n`,
    `Cc: ${AGENT}\r\n`,
    ` To: ${AGENT}\r\n`,
    ` \r\n To: ${AGENT}\r\n`,
    `TO : ${AGENT}\r\n`,
    `To\r\n : ${AGENT}\r\n`,
    `To\r\r\n : ${AGENT}\r\n`,
    `To\r: ${AGENT}\r\n`,
    `X: y\rTo: ${AGENT}\r\n`,
    `X: y\nTo: ${AGENT}\n`,
    `\u00a0To: ${AGENT}\r\n`,
    `\ufeffCc: ${AGENT}\r\n`,
    `\u000bTo: ${AGENT}\r\n`,
    `Resent-To: ${AGENT}\r\nDelivered-To: ${AGENT}\r\nBcc: ${AGENT}\r\n`,
  ])('is not written to the agent by a field put on top: %j', async (fields) => {
    expect(await judge(await onTop(fields, 'bob@else.test'))).toBe('not_addressed');
  });

  it.each(['Subject: /clear\r\n', 'Message-ID: <2@evil.test>\r\n', 'subject : Pay the bill\r\n'])(
    'is proven by nothing once a second one of a signed field stands on top: %j',
    async (field) => {
      expect(await judge(await onTop(field))).toBe('dmarc_failed');
      const found = await look(await onTop(field));
      expect(found).toMatchObject({ evidence: { dkim: [{ result: 'policy', aligned: true }] } });
    },
  );

  it('may have several of a field that its signature does not speak of', async () => {
    const raw = await boss.sign(letter(AGENT), { signTime: new Date(NOW), headerList: ['from', 'to'] });
    const twice = Buffer.concat([Buffer.from('Subject: x\r\n'), raw]);
    expect(await judge(twice)).toBe('taken from boss@corp.test');
  });

  it.each([
    ['in front of what was signed', (text: string) => `X: y\r\n\r\r\nPay: the bill\r\n${text}`],
    [
      'behind From and To',
      (text: string) => text.replace('\r\nSubject:', '\r\nX: y\r\n\r\r\nPay: bills\r\nSubject:'),
    ],
    ['at the very top', (text: string) => `\r\r\n${text}`],
  ])('is not read with a second end of its header, %s', async (_where, change) => {
    const text = (await signed()).toString('latin1');
    expect(await judge(Buffer.from(change(text), 'latin1'))).toBe('unreadable');
  });

  it('is known by its signature however that is written', async () => {
    const fingerprintOf = async (raw: Uint8Array) => {
      const found = await look(raw);
      return found.ok ? found.evidence.dkim.map(({ result, fingerprint }) => [result, fingerprint]) : null;
    };
    const original = (await signed()).toString('latin1');
    const first = await fingerprintOf(Buffer.from(original, 'latin1'));
    expect(first).toEqual([['pass', expect.stringMatching(/^[0-9a-f]{64}$/)]]);
    const rewritten = [
      original.replace(/ b=(.)/, ' b= $1 '),
      original.replace(/ b=(.)/, ' b=$1!*'),
      original.replace(/ b=(.)/, ' b=$1\r\n\t'),
      original.replace(/(==?)\r\n(From:)/, '\r\n$2'),
      `X-Added: y\r\n${original}`,
    ];
    for (const copy of rewritten) {
      expect(copy).not.toBe(original);
      expect(await fingerprintOf(Buffer.from(copy, 'latin1'))).toEqual(first);
    }
    const another = await boss.sign(letter('bob@else.test'), { signTime: new Date(NOW) });
    expect(await fingerprintOf(another)).not.toEqual(first);
  });

  it('keeps no more names of signed fields than a real one has', async () => {
    const many = Array.from({ length: 200 }, (_, index) => `x-${index}`);
    const raw = message([...many.map((name) => `${name}: y`), 'From: boss@corp.test', 'Subject: x']);
    const found = await look(await boss.sign(raw, { headerList: ['from', ...many] }));
    expect(found.ok && found.evidence.dkim[0]?.signedHeaders).toHaveLength(100);
  });
});
