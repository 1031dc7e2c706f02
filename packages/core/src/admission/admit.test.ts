import { describe, expect, it } from 'vitest';
import { type AdmissionRequest, admit } from './admit.ts';
import { type AllowEntry, parseAllowEntry } from './allow-list.ts';
import type { AuthenticationEvidence, Inspection, MailSummary } from './evidence.ts';

const NOW = Date.UTC(2026, 0, 10);
const signed: AuthenticationEvidence = {
  source: 'verified',
  spf: null,
  authserv: null,
  dkim: [
    {
      result: 'pass',
      domain: 'corp.example',
      selector: 's',
      aligned: true,
      bodyLengthLimited: false,
      signedHeaders: ['from', 'to', 'date', 'subject'],
      signedAt: NOW,
      fingerprint: 'f1',
    },
  ],
  dmarc: { result: 'pass', domain: 'corp.example', policy: 'reject' },
};

function list(...texts: string[]): AllowEntry[] {
  return texts.flatMap((text) => {
    const parsed = parseAllowEntry(text);
    return parsed.ok ? [parsed.entry] : [];
  });
}
function mail(over: Partial<MailSummary> = {}, evidence = signed): Inspection {
  const summary: MailSummary = {
    from: { ok: true, address: 'Ceo@Corp.example', name: 'The CEO' },
    to: [{ address: 'ann@agents.example', name: '' }],
    cc: [],
    fieldCounts: { to: 1, cc: 0, date: 1 },
    subject: 'Hello',
    date: null,
    messageId: '<1@corp.example>',
    inReplyTo: null,
    references: [],
    automatic: [],
    perhapsAutomatic: [],
    ...over,
  };
  return { ok: true, summary, evidence };
}
function request(over: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return {
    inspection: mail(),
    envelopeSender: 'ceo@corp.example',
    agent: { name: 'ann', address: 'ann@agents.example' },
    allowList: list('ceo@corp.example'),
    isOwnAddress: () => false,
    viaSecretAddress: false,
    now: NOW,
    ...over,
  };
}
const nothing = { spf: null, dkim: [], dmarc: null, authserv: null };
const trusted: AuthenticationEvidence = { source: 'trusted_client', ...nothing };
const unchecked: AuthenticationEvidence = { source: 'unverified', ...nothing };
/** A domain that publishes nothing and signs nothing. */
const silent: AuthenticationEvidence = {
  ...nothing,
  source: 'verified',
  dmarc: { result: 'none', domain: 'corp.example', policy: null },
};
const from = (address: string) => ({ from: { ok: true as const, address, name: '' } });
const nobody = (code: 'from_missing' | 'from_several' | 'from_invalid') => ({
  from: { ok: false as const, code, reason: 'The From field names nobody.' },
});

describe('admit', () => {
  it('accepts an authenticated and allowed sender, and says who and why', () => {
    expect(admit(request())).toEqual({
      verdict: 'accepted',
      code: 'accepted',
      reason: 'ceo@corp.example is allowed by ceo@corp.example.',
      smtp: { code: 250, enhanced: '2.0.0', text: 'Message accepted' },
      sender: expect.objectContaining({ address: 'ceo@corp.example' }),
      senderName: 'The CEO',
      authentication: expect.stringContaining('DMARC of corp.example passed'),
      entry: expect.objectContaining({ text: 'ceo@corp.example' }),
      fingerprint: 'f1',
    });
  });

  it('accepts a listed sender from a trusted client', () => {
    expect(admit(request({ inspection: mail({}, trusted) })).verdict).toBe('accepted');
  });

  it.each<[string, Partial<AdmissionRequest>, string, number, string]>([
    ['no author', { inspection: mail(nobody('from_missing')) }, 'from_missing', 550, '5.6.0'],
    ['several authors', { inspection: mail(nobody('from_several')) }, 'from_several', 550, '5.6.0'],
    ['an unclear author', { inspection: mail(nobody('from_invalid')) }, 'from_invalid', 550, '5.1.7'],
    [
      'an ambiguous From address',
      { inspection: mail(from('"ceo@corp.example"@evil.example')) },
      'from_invalid',
      550,
      '5.1.7',
    ],
    ['no authentication', { inspection: mail({}, unchecked) }, 'unauthenticated', 550, '5.7.1'],
    [
      'failed DMARC',
      {
        inspection: mail(
          {},
          { ...signed, dkim: [], dmarc: { result: 'fail', domain: 'corp.example', policy: 'reject' } },
        ),
      },
      'dmarc_failed',
      550,
      '5.7.1',
    ],
    [
      'another authenticated domain',
      { inspection: mail(from('ceo@other.example')) },
      'sender_mismatch',
      550,
      '5.7.1',
    ],
    ['a sender who is not listed', { allowList: list('cfo@corp.example') }, 'not_allowed', 550, '5.7.1'],
    [
      'a mail that is too complex',
      { inspection: { ok: false, code: 'too_complex', reason: 'Too many parts.' } },
      'too_complex',
      554,
      '5.6.0',
    ],
    [
      'a mail that is too large',
      { inspection: { ok: false, code: 'too_large', reason: 'Too large.' } },
      'too_large',
      552,
      '5.3.4',
    ],
    [
      'a mail that can not be read',
      { inspection: { ok: false, code: 'unreadable', reason: 'No headers.' } },
      'unreadable',
      554,
      '5.6.0',
    ],
  ])('refuses %s', (_what, over, code, smtp, enhanced) => {
    expect(admit(request(over))).toMatchObject({ verdict: 'refused', code, smtp: { code: smtp, enhanced } });
  });

  it.each<[string, Partial<AdmissionRequest>, string, string]>([
    [
      'DNS trouble',
      {
        inspection: mail(
          {},
          { ...signed, dmarc: { result: 'temperror', domain: 'corp.example', policy: null } },
        ),
      },
      'dns_trouble',
      '4.4.3',
    ],
    [
      'a reading deadline',
      { inspection: { ok: false, code: 'deadline', reason: 'Took too long.' } },
      'reading_deadline',
      '4.3.2',
    ],
  ])('puts off %s', (_what, over, code, enhanced) => {
    expect(admit(request(over))).toMatchObject({ verdict: 'temporary', code, smtp: { code: 451, enhanced } });
  });

  it.each<[string, Partial<AdmissionRequest>, string]>([
    [
      'an auto-reply of an allowed sender',
      { inspection: mail({ automatic: ['auto-submitted'] }) },
      'automatic_mail',
    ],
    ['a bounce: null envelope sender', { envelopeSender: '' }, 'automatic_mail'],
    [
      'a bounce without From or signature',
      {
        envelopeSender: '<>',
        inspection: mail(nobody('from_missing'), unchecked),
      },
      'automatic_mail',
    ],
    [
      'its own address',
      { inspection: mail(from('Ann@agents.example'), trusted), allowList: list('@agents.example') },
      'own_address',
    ],
    [
      'its own address with a tag',
      { inspection: mail(from('ann+x@agents.example'), trusted), allowList: list('@agents.example') },
      'own_address',
    ],
    [
      'the postmaster of its domain',
      { inspection: mail(from('postmaster@agents.example'), trusted), allowList: list('@agents.example') },
      'own_address',
    ],
    [
      'another agent',
      {
        inspection: mail(from('bob+x@agents.example'), trusted),
        allowList: list('@agents.example'),
        isOwnAddress: (base) => base === 'bob@agents.example',
      },
      'own_address',
    ],
  ])('takes, but wakes nobody for, %s', (_what, over, code) => {
    expect(admit(request(over))).toMatchObject({ verdict: 'automatic', code, smtp: { code: 250 } });
  });

  it('refuses a signature that is too old, before it says anything about the list', () => {
    const old = { now: NOW + 30 * 86_400_000 };
    expect(admit(request(old))).toMatchObject({ verdict: 'refused', code: 'stale', smtp: { code: 550 } });
    expect(admit(request({ ...old, allowList: [] }))).toMatchObject({ code: 'stale' });
  });

  it('quarantines a signed mail that another server brings and that does not name the agent', () => {
    const elsewhere = mail({ to: [{ address: 'bob@else.example', name: '' }] });
    expect(admit(request({ inspection: elsewhere }))).toMatchObject({
      verdict: 'quarantined',
      code: 'not_addressed',
      smtp: { code: 250 },
      sender: { address: 'ceo@corp.example' },
    });
    // Somebody who is not listed is refused all the same.
    expect(admit(request({ inspection: elsewhere, allowList: [] }))).toMatchObject({ code: 'not_allowed' });
    expect(admit(request({ inspection: elsewhere, viaSecretAddress: true })).verdict).toBe('accepted');
  });

  describe('a sign of automatic mail that people’s mail carries too', () => {
    const signs = { perhapsAutomatic: ['x-auto-response-suppress', 'subject'] };
    it('quarantines the mail of a listed, proven sender and names what it is', () => {
      expect(admit(request({ inspection: mail(signs) }))).toMatchObject({
        verdict: 'quarantined',
        code: 'perhaps_automatic',
        reason: expect.stringContaining('(x-auto-response-suppress, subject)'),
        smtp: { code: 250 },
        sender: { address: 'ceo@corp.example' },
        fingerprint: 'f1',
        bySecretAddress: false,
      });
      expect(admit(request({ inspection: mail(signs, trusted) })).code).toBe('perhaps_automatic');
    });

    it('changes nothing of the mail of somebody who is not listed or not proven', () => {
      const stranger = { inspection: mail(signs), allowList: [] };
      expect(admit(request(stranger))).toEqual(admit(request({ ...stranger, inspection: mail() })));
      expect(admit(request(stranger))).toMatchObject({ verdict: 'refused', code: 'not_allowed' });
      expect(admit(request({ inspection: mail(signs, unchecked) }))).toMatchObject({
        verdict: 'refused',
        code: 'unauthenticated',
      });
    });

    it('counts for nothing beside a sign that a machine wrote it, or another reason to quarantine it', () => {
      const both = mail({ ...signs, automatic: ['auto-submitted:auto-replied'] });
      expect(admit(request({ inspection: both }))).toMatchObject({ verdict: 'automatic' });
      expect(admit(request({ inspection: mail(signs), envelopeSender: '' })).verdict).toBe('automatic');
      const elsewhere = mail({ ...signs, to: [{ address: 'bob@else.example', name: '' }] });
      expect(admit(request({ inspection: elsewhere })).code).toBe('not_addressed');
      const own = { inspection: mail({ ...signs, ...from('ann@agents.example') }, trusted) };
      expect(admit(request(own)).code).toBe('own_address');
    });

    it('quarantines what only a secret address lets in, and keeps in mind that nothing else did', () => {
      const device = { viaSecretAddress: true, inspection: mail(signs, silent) };
      expect(admit(request(device))).toMatchObject({
        verdict: 'quarantined',
        code: 'perhaps_automatic',
        bySecretAddress: true,
      });
      expect(admit(request({ ...device, inspection: mail(signs) }))).toMatchObject({
        bySecretAddress: false,
      });
    });
  });

  describe('a secret address', () => {
    const via = { viaSecretAddress: true };
    it('lets a listed sender in whose domain proves nothing, and says so', () => {
      expect(admit(request({ ...via, inspection: mail({}, silent) }))).toMatchObject({
        verdict: 'accepted',
        code: 'accepted_by_secret_address',
        authentication: expect.stringContaining('secret address'),
        fingerprint: null,
      });
      expect(admit(request({ inspection: mail({}, silent) }))).toMatchObject({
        code: 'no_policy_no_signature',
      });
    });

    it('puts nobody on the list', () => {
      const stranger = mail(from('eve@corp.example'), silent);
      expect(admit(request({ ...via, inspection: stranger }))).toMatchObject({ code: 'not_allowed' });
    });

    it('helps no domain that says how it wants to be checked, and none that was not checked', () => {
      const failed: AuthenticationEvidence = {
        ...silent,
        dmarc: { result: 'fail', domain: 'corp.example', policy: 'none' },
      };
      expect(admit(request({ ...via, inspection: mail({}, failed) }))).toMatchObject({
        code: 'dmarc_failed',
      });
      expect(admit(request({ ...via, inspection: mail({}, unchecked) }))).toMatchObject({
        code: 'unauthenticated',
      });
      const spfFails = { ...silent, spf: { result: 'fail' as const, domain: 'corp.example', aligned: true } };
      expect(admit(request({ ...via, inspection: mail({}, spfFails) })).verdict).toBe('refused');
    });

    it('is not needed, and not said, where the sender is proven', () => {
      expect(admit(request(via))).toMatchObject({ verdict: 'accepted', code: 'accepted' });
    });
  });

  it('takes a way in without an envelope for no sign of automatic mail', () => {
    expect(admit(request({ envelopeSender: null })).verdict).toBe('accepted');
  });
});
