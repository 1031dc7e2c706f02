/** What somebody who holds a signed mail may add to it, and what he may do with signatures that prove nothing. */
import { describe, expect, it } from 'vitest';
import type { AuthenticationEvidence, DkimEvidence, MailSummary } from './evidence.ts';
import { judgeReplay } from './replay.ts';

const NOW = Date.UTC(2026, 0, 31);
const AGENT = 'scout@agents.example';
const signature: DkimEvidence = {
  result: 'pass',
  domain: 'corp.example',
  selector: 's1',
  aligned: true,
  bodyLengthLimited: false,
  signedHeaders: ['from', 'to', 'date'],
  signedAt: null,
  fingerprint: 'f1',
};

function judge(
  dkim: Partial<DkimEvidence>[],
  summary: Partial<MailSummary>,
  source: 'verified' | 'asserted',
) {
  const evidence: AuthenticationEvidence = {
    source,
    authserv: null,
    spf: null,
    dkim: dkim.map((one) => ({ ...signature, ...one })),
    dmarc: { result: 'pass', domain: 'corp.example', policy: 'reject' },
  };
  return judgeReplay({
    evidence,
    summary: {
      from: { ok: true, address: 'ceo@corp.example', name: '' },
      to: [{ address: AGENT, name: '' }],
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
  });
}
const counts = (over: Partial<MailSummary['fieldCounts']>) => ({
  fieldCounts: { to: 1, cc: 0, date: 1, ...over },
});

describe('a field put on top of a signed mail', () => {
  it.each<[string, Partial<DkimEvidence>, Partial<MailSummary>, string]>([
    ['a second To', {}, counts({ to: 2 }), 'not_addressed'],
    ['a To where none was signed', { signedHeaders: ['from', 'date'] }, {}, 'not_addressed'],
    [
      'a Cc beside a signed To',
      {},
      { to: [], cc: [{ address: AGENT, name: '' }], ...counts({ cc: 1 }) },
      'not_addressed',
    ],
    ['a To that stands in no field', {}, counts({ to: 0 }), 'not_addressed'],
    ['a second Date', {}, counts({ date: 2 }), 'stale'],
    [
      'a second Date, with both signed',
      { signedHeaders: ['from', 'to', 'date', 'date'] },
      counts({ date: 2 }),
      'stale',
    ],
    ['a Date where none was signed', { signedHeaders: ['from', 'to'] }, {}, 'stale'],
  ])('is not believed: %s', (_what, dkim, summary, code) => {
    expect(judge([dkim], summary, 'verified')).toMatchObject({ ok: false, code });
  });

  it('is seen as a second one also where it is not known what was signed', () => {
    expect(judge([{}], counts({ to: 2 }), 'asserted')).toMatchObject({ ok: false, code: 'not_addressed' });
    expect(judge([{}], counts({ date: 2 }), 'asserted')).toMatchObject({ ok: false, code: 'stale' });
  });
});

describe('a signature that proves nothing', () => {
  it.each<[string, Partial<DkimEvidence>]>([
    ['of another domain', { domain: 'evil.example', aligned: false }],
    ['that fails', { result: 'fail' }],
    ['that leaves the end of the body open', { bodyLengthLimited: true }],
  ])('makes no old mail fresh and addresses none: %s', (_what, useless) => {
    const fresh = { ...useless, signedAt: NOW, fingerprint: 'f2' };
    expect(judge([{ signedAt: 0 }, fresh], {}, 'verified')).toMatchObject({ ok: false, code: 'stale' });
    const other = { signedAt: NOW, signedHeaders: ['from'] };
    expect(judge([other, fresh], {}, 'verified')).toMatchObject({ ok: false, code: 'not_addressed' });
    expect(judge([fresh, { signedAt: NOW }], {}, 'verified')).toEqual({ ok: true, fingerprint: 'f1' });
  });
});

describe('an address that only looks like the agent’s', () => {
  it.each([
    'scout@agents.example.evil.example',
    'scout@AGENTS.example@evil.example',
    '"scout@agents.example"@evil.example',
    'scout@agents.example\u0000',
    'sc\u043eut@agents.example',
    'scout @agents.example',
    '',
  ])('names somebody else: %j', (address) => {
    expect(judge([{}], { to: [{ address, name: AGENT }] }, 'verified').ok).toBe(false);
  });
});
