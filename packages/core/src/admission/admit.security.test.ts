import { fuzzRuns } from '@tinyfat/testing/fuzz-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admit } from './admit.ts';
import { parseAllowEntry } from './allow-list.ts';
import type { AuthenticationEvidence, MailSummary } from './evidence.ts';
import { type AdmissionCode, smtpReply } from './smtp-reply.ts';

const agent = { name: 'ann', address: 'ann@agents.example' };
const parsed = parseAllowEntry('ceo@corp.example');
const allowList = parsed.ok ? [parsed.entry] : [];

function judge(summary: Partial<MailSummary>, evidence: AuthenticationEvidence) {
  return admit({
    inspection: {
      ok: true,
      summary: {
        from: { ok: false, code: 'from_missing', reason: 'The mail has no From address.' },
        to: [],
        cc: [],
        subject: '',
        date: null,
        messageId: null,
        inReplyTo: null,
        references: [],
        fieldCounts: { to: 0, cc: 0, date: 1 },
        automatic: [],
        perhapsAutomatic: [],
        ...summary,
      },
      evidence,
    },
    envelopeSender: 'ceo@corp.example',
    agent,
    allowList,
    isOwnAddress: () => false,
    viaSecretAddress: false,
    now: 0,
  });
}
function signedBy(domain: string): AuthenticationEvidence {
  return {
    source: 'verified',
    authserv: null,
    spf: { result: 'pass', domain, aligned: true },
    dkim: [
      {
        result: 'pass',
        domain,
        selector: 's',
        aligned: true,
        bodyLengthLimited: false,
        signedHeaders: ['from'],
        signedAt: 0,
        fingerprint: '',
      },
    ],
    dmarc: { result: 'pass', domain, policy: 'reject' },
  };
}
const nobody: AuthenticationEvidence = {
  source: 'verified',
  authserv: null,
  spf: null,
  dkim: [],
  dmarc: { result: 'fail', domain: 'corp.example', policy: 'reject' },
};

describe('attacks on the door', () => {
  it.each([
    ['a spoofed display name', { address: 'x@evil.example', name: 'ceo@corp.example' }],
    [
      'a display name that looks like a mailbox',
      { address: 'x@evil.example', name: '"CEO" <ceo@corp.example>' },
    ],
    ['an address in the local part', { address: 'ceo@corp.example@evil.example', name: '' }],
    ['a look-alike domain', { address: 'ceo@corp.example.evil.example', name: '' }],
    ['an encoded address', { address: '=?utf-8?q?ceo=40corp.example?=@evil.example', name: '' }],
  ])('refuses %s with a valid signature of the attacker', (_what, mailbox) => {
    const from = { ok: true as const, ...mailbox };
    for (const domain of ['evil.example', 'corp.example.evil.example']) {
      expect(judge({ from }, signedBy(domain)).verdict).toBe('refused');
    }
  });

  it.each(['from_missing', 'from_several', 'from_invalid'] as const)(
    'refuses a From field that names nobody (%s), whatever was signed',
    (code) => {
      const from = { ok: false as const, code, reason: 'The From field names nobody.' };
      expect(judge({ from }, signedBy('corp.example'))).toMatchObject({ verdict: 'refused', code });
    },
  );

  it('answers a forger of a listed and of an unlisted address with the same words', () => {
    const listed = judge({ from: { ok: true, address: 'ceo@corp.example', name: '' } }, nobody);
    const unlisted = judge({ from: { ok: true, address: 'nobody@corp.example', name: '' } }, nobody);
    expect(listed).toEqual(unlisted);
    expect(listed.verdict).toBe('refused');
  });

  it('lets no In-Reply-To or References in', () => {
    const summary = {
      from: { ok: true as const, address: 'x@evil.example', name: '' },
      inReplyTo: '<run@agents.example>',
      references: ['<run@agents.example>'],
    };
    expect(judge(summary, signedBy('evil.example'))).toMatchObject({ code: 'not_allowed' });
  });

  it('repeats no control characters of a mail to the owner', () => {
    const verdict = judge({ automatic: ['auto-submitted: \u001b[2J\r\nx', 'y'.repeat(1000)] }, nobody);
    expect(verdict.reason).toMatch(/^[ -~]{1,300}$/);
  });

  it('gives one verdict for anything, and accepts the listed address only', () => {
    const address = fc.oneof(
      fc.constantFrom('ceo@corp.example', 'CEO+x@corp.example', 'x@evil.example', '"ceo"@corp.example'),
      fc.string({ unit: 'binary' }),
    );
    const summary = fc.record({
      from: fc.oneof(
        fc.record({ ok: fc.constant(true as const), address, name: fc.string({ unit: 'binary' }) }),
        fc.record({
          ok: fc.constant(false as const),
          code: fc.constantFrom('from_missing' as const, 'from_several' as const, 'from_invalid' as const),
          reason: fc.constant('The From field names nobody.'),
        }),
      ),
      automatic: fc.array(fc.string(), { maxLength: 1 }),
      perhapsAutomatic: fc.array(fc.string({ unit: 'binary' }), { maxLength: 8 }),
    });
    const evidence = fc.constantFrom(signedBy('corp.example'), signedBy('evil.example'), nobody);
    fc.assert(
      fc.property(summary, evidence, (facts, found) => {
        const verdict = judge(facts, found);
        expect(['accepted', 'quarantined', 'refused', 'automatic', 'temporary']).toContain(verdict.verdict);
        if (verdict.verdict !== 'accepted' && verdict.verdict !== 'quarantined') return;
        expect(verdict.reason).toMatch(/^[ -~]{1,600}$/);
        expect(verdict.verdict).toBe(facts.perhapsAutomatic.length > 0 ? 'quarantined' : 'accepted');
        expect(verdict.sender.base).toBe('ceo@corp.example');
        expect(found).toEqual(signedBy('corp.example'));
        expect(facts).toMatchObject({ from: { ok: true }, automatic: [] });
      }),
      fuzzRuns(500),
    );
  });

  it('has SMTP texts of one line of ASCII that name no address', () => {
    const codes: AdmissionCode[] = [
      'accepted',
      'not_allowed',
      'dmarc_failed',
      'from_invalid',
      'dns_trouble',
      'unknown_recipient',
      'dkim_body_limited',
    ];
    for (const code of codes) {
      const { code: number, enhanced, text } = smtpReply(code);
      expect(text).toMatch(/^[A-Z][ -~]{1,200}$/);
      expect(text).not.toContain('@');
      expect(enhanced).toMatch(new RegExp(`^${String(number)[0]}\\.\\d{1,3}\\.\\d{1,3}$`));
    }
  });
});
