import { describe, expect, it } from 'vitest';
import type { AuthenticationEvidence, DkimEvidence, MailSummary } from './evidence.ts';
import { judgeReplay, REPLAY_CLOCK_SKEW_MS, REPLAY_WINDOW_MS, type ReplayQuestion } from './replay.ts';

const NOW = Date.UTC(2026, 0, 31);
const AGENT = 'scout@agents.example';
const signature: DkimEvidence = {
  result: 'pass',
  domain: 'corp.example',
  selector: 's1',
  aligned: true,
  bodyLengthLimited: false,
  signedHeaders: ['from', 'to', 'date', 'subject'],
  signedAt: NOW,
  fingerprint: 'f1',
};
const signed: AuthenticationEvidence = {
  source: 'verified',
  authserv: null,
  spf: null,
  dkim: [signature],
  dmarc: { result: 'pass', domain: 'corp.example', policy: 'reject' },
};
const asserted: AuthenticationEvidence = {
  ...signed,
  source: 'asserted',
  authserv: 'mx.example.net',
  dkim: [{ ...signature, signedHeaders: [], signedAt: null, fingerprint: '' }],
};
const elsewhere = [{ address: 'bob@else.example', name: '' }];
const agent = [{ address: AGENT, name: '' }];

function judge(
  evidence: AuthenticationEvidence,
  summary: Partial<MailSummary> = {},
  over: Partial<ReplayQuestion> = {},
) {
  return judgeReplay({
    evidence,
    summary: {
      from: { ok: true, address: 'ceo@corp.example', name: '' },
      to: agent,
      cc: [],
      subject: 'Hello',
      date: NOW,
      messageId: null,
      inReplyTo: null,
      references: [],
      fieldCounts: { to: 1, cc: 0, date: 1 },
      automatic: [],
      perhapsAutomatic: [],
      ...summary,
    },
    senderBase: 'ceo@corp.example',
    envelopeSender: 'ceo+b@corp.example',
    agentBase: AGENT,
    viaSecretAddress: false,
    now: NOW,
    ...over,
  });
}
const withSignatures = (...dkim: Partial<DkimEvidence>[]): AuthenticationEvidence => ({
  ...signed,
  dkim: dkim.map((one) => ({ ...signature, ...one })),
});
const taken = { ok: true, fingerprint: 'f1' };
const notAddressed = { ok: false, code: 'not_addressed' };
const stale = { ok: false, code: 'stale' };

describe('a mail that a signature proves', () => {
  it('is taken where it is fresh and names the agent in a signed To', () => {
    expect(judge(signed)).toEqual(taken);
  });

  it.each<[string, Partial<MailSummary>]>([
    ['in other case', { to: [{ address: 'Scout@Agents.Example', name: '' }] }],
    ['with a tag', { to: [{ address: 'scout+bills@agents.example', name: '' }] }],
    ['among others', { to: [...elsewhere, ...agent] }],
  ])('names the agent %s', (_how, summary) => expect(judge(signed, summary)).toEqual(taken));

  it('names the agent in a signed Cc', () => {
    const copied = { to: elsewhere, cc: agent, fieldCounts: { to: 1, cc: 1, date: 1 } };
    expect(judge(withSignatures({ signedHeaders: ['from', 'cc'] }), copied)).toEqual(taken);
    expect(judge(signed, copied)).toMatchObject(notAddressed);
  });

  it('waits where it is to somebody else, or says nothing of to whom', () => {
    expect(judge(signed, { to: elsewhere })).toEqual({
      ...notAddressed,
      reason: expect.stringMatching(/^[ -~]*scout@agents\.example[ -~]*$/),
    });
    expect(judge(signed, { to: [], fieldCounts: { to: 0, cc: 0, date: 1 } })).toMatchObject(notAddressed);
  });

  it('is taken at a secret address whoever it is to, if it is fresh', () => {
    const secret = { viaSecretAddress: true };
    expect(judge(signed, { to: elsewhere }, secret)).toEqual(taken);
    expect(judge(withSignatures({ signedAt: 0 }), {}, secret)).toMatchObject(stale);
  });

  it.each<[string, number, boolean]>([
    ['now', 0, true],
    ['a week ago', -REPLAY_WINDOW_MS, true],
    ['more than a week ago', -REPLAY_WINDOW_MS - 1, false],
    ['a day ahead', REPLAY_CLOCK_SKEW_MS, true],
    ['more than a day ahead', REPLAY_CLOCK_SKEW_MS + 1, false],
  ])('signed %s', (_when, offset, ok) => {
    expect(judge(withSignatures({ signedAt: NOW + offset })).ok).toBe(ok);
    const dated = withSignatures({ signedAt: null });
    expect(judge(dated, { date: NOW + offset }).ok).toBe(ok);
  });

  it('has the time of its signature before that of its Date', () => {
    expect(judge(withSignatures({ signedAt: 0 }), { date: NOW })).toMatchObject(stale);
    expect(judge(signed, { date: 0 })).toEqual(taken);
  });

  it('says why it is stale', () => {
    const reason = (evidence: AuthenticationEvidence, summary: Partial<MailSummary> = {}) => {
      const verdict = judge(evidence, summary);
      return verdict.ok ? '' : verdict.reason;
    };
    expect(reason(withSignatures({ signedAt: 0 }))).toMatch(/more than 7 days old/);
    expect(reason(withSignatures({ signedAt: NOW * 2 }))).toMatch(/more than a day ahead/);
    expect(reason(withSignatures({ signedAt: null }), { date: null })).toMatch(/says when/);
    expect(reason(withSignatures({ signedAt: null }, { signedAt: 0 }), { date: null })).toMatch(/7 days/);
  });

  it('is taken by whichever signature satisfies all at once', () => {
    const other = { fingerprint: 'f2' };
    expect(judge(withSignatures({ signedAt: 0 }, other))).toEqual({ ok: true, fingerprint: 'f2' });
    expect(judge(withSignatures({ signedHeaders: ['from'] }, other))).toEqual({
      ok: true,
      fingerprint: 'f2',
    });
    // One is fresh and the other covers To: neither proves that this mail was written to the agent lately.
    expect(judge(withSignatures({ signedAt: 0 }, { signedHeaders: ['from'] }))).toMatchObject(notAddressed);
  });
});

describe('a mail that its sender’s own server brings', () => {
  const spf = { result: 'pass', domain: 'corp.example', aligned: true } as const;
  const old = { date: 0, to: elsewhere };

  it('is no copy, signed or not', () => {
    expect(judge({ ...signed, spf }, old)).toEqual(taken);
    expect(judge({ ...signed, spf, dkim: [] }, old)).toEqual({ ok: true, fingerprint: null });
    expect(judge({ ...asserted, spf }, old)).toEqual({ ok: true, fingerprint: null });
  });

  it('may be one when the server forwards it for another of its users, or for nobody known', () => {
    for (const envelopeSender of ['eve+forwarded@corp.example', '', null]) {
      expect(judge({ ...signed, spf }, { to: elsewhere }, { envelopeSender })).toMatchObject(notAddressed);
      expect(judge({ ...asserted, spf }, { to: elsewhere }, { envelopeSender })).toMatchObject(notAddressed);
      // Without a signature there is nothing but SPF, which then has proven the sender.
      expect(judge({ ...signed, spf, dkim: [] }, old, { envelopeSender }).ok).toBe(true);
    }
  });

  it('is one that SPF of another domain knows nothing about', () => {
    const foreign = { ...spf, domain: 'evil.example', aligned: false };
    expect(judge({ ...signed, spf: foreign }, { to: elsewhere })).toMatchObject(notAddressed);
    expect(judge({ ...asserted, spf: foreign }, { to: elsewhere })).toMatchObject(notAddressed);
    expect(judge({ ...signed, spf: { ...spf, result: 'softfail' } }, { to: elsewhere }).ok).toBe(false);
  });
});

describe('a mail that another server says is proven', () => {
  it('is taken where its Date is fresh and it names the agent', () => {
    expect(judge(asserted)).toEqual({ ok: true, fingerprint: null });
    expect(judge(asserted, { to: elsewhere, cc: agent, fieldCounts: { to: 1, cc: 1, date: 1 } }).ok).toBe(
      true,
    );
  });

  it('is not taken otherwise', () => {
    expect(judge(asserted, { to: elsewhere })).toMatchObject(notAddressed);
    expect(judge(asserted, { date: NOW - REPLAY_WINDOW_MS - 1 })).toMatchObject(stale);
    expect(judge(asserted, { date: null })).toMatchObject(stale);
  });

  it('is taken at a secret address if it is fresh', () => {
    const secret = { viaSecretAddress: true };
    expect(judge(asserted, { to: elsewhere }, secret).ok).toBe(true);
    expect(judge(asserted, { date: 0 }, secret)).toMatchObject(stale);
  });
});

describe('a mail that nothing signed proves', () => {
  const silent = { result: 'none', domain: 'corp.example', policy: null } as const;

  it('has nothing that could be copied, where the secret address stands for its sender', () => {
    const secret = { viaSecretAddress: true };
    const unsigned = { ...signed, dkim: [], dmarc: silent };
    const unproven = { ...asserted, dkim: [], dmarc: silent };
    expect(judge(unsigned, { date: null }, secret)).toEqual({ ok: true, fingerprint: null });
    expect(judge(unproven, { date: null }, secret)).toEqual({ ok: true, fingerprint: null });
    expect(judge(unsigned)).toMatchObject(stale);
  });

  it('is taken from a client that the operator trusts', () => {
    const trusted: AuthenticationEvidence = { ...signed, source: 'trusted_client', dkim: [], dmarc: null };
    expect(judge(trusted, { date: 0, to: elsewhere })).toEqual({ ok: true, fingerprint: null });
  });
});
