import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authenticate } from './authenticate.ts';
import type { AuthenticationEvidence } from './evidence.ts';

const limited = {
  result: 'pass',
  domain: 'corp.example',
  selector: 's',
  aligned: true,
  bodyLengthLimited: true,
} as const;
const own = {
  result: 'pass',
  domain: 'evil.example',
  selector: 's',
  aligned: false,
  bodyLengthLimited: false,
} as const;
const pass = { result: 'pass', domain: 'corp.example', policy: 'reject' } as const;

describe('attacks on sender authentication', () => {
  it("does not take the attacker's own valid signature for the From domain", () => {
    const evidence: AuthenticationEvidence = {
      source: 'verified',
      spf: { result: 'pass', domain: 'evil.example' },
      dkim: [own],
      dmarc: { ...pass, result: 'fail' },
    };
    expect(authenticate(evidence, 'corp.example')).toMatchObject({ state: 'refused', code: 'dmarc_failed' });
  });

  it('does not take a result that was made for another domain', () => {
    const evidence: AuthenticationEvidence = {
      source: 'verified',
      spf: null,
      dkim: [{ ...own, aligned: true }],
      dmarc: { ...pass, domain: 'evil.example' },
    };
    expect(authenticate(evidence, 'corp.example')).toMatchObject({
      state: 'refused',
      code: 'sender_mismatch',
    });
    expect(authenticate({ ...evidence, dmarc: { ...pass, domain: null } }, 'corp.example')).toMatchObject({
      code: 'sender_mismatch',
    });
    expect(
      authenticate({ ...evidence, dmarc: { ...pass, domain: 'a.corp.example' } }, 'corp.example'),
    ).toMatchObject({ code: 'sender_mismatch' });
    expect(
      authenticate(
        { ...evidence, dmarc: { result: 'none', domain: 'evil.example', policy: null } },
        'corp.example',
      ),
    ).toMatchObject({ code: 'sender_mismatch' });
  });

  it.each([
    ['no SPF', null],
    ['a failed SPF', { result: 'fail', domain: 'corp.example' } as const],
    ["the attacker's SPF", { result: 'pass', domain: 'evil.example' } as const],
    ['SPF of a name that ends like the domain', { result: 'pass', domain: 'evilcorp.example' } as const],
    ['SPF without a domain', { result: 'pass', domain: null } as const],
  ])('does not take text appended under an l= signature, with %s', (_what, spf) => {
    const withPolicy: AuthenticationEvidence = { source: 'verified', spf, dkim: [limited, own], dmarc: pass };
    expect(authenticate(withPolicy, 'corp.example')).toMatchObject({
      state: 'refused',
      code: 'dkim_body_limited',
    });
    const without: AuthenticationEvidence = {
      ...withPolicy,
      dmarc: { result: 'none', domain: 'corp.example', policy: null },
    };
    expect(authenticate(without, 'corp.example')).toMatchObject({
      state: 'refused',
      code: 'dkim_body_limited',
    });
  });

  it('does not take a pass that no check bears out', () => {
    const evidence: AuthenticationEvidence = {
      source: 'verified',
      spf: { result: 'softfail', domain: 'corp.example' },
      dkim: [own],
      dmarc: pass,
    };
    expect(authenticate(evidence, 'corp.example')).toMatchObject({ state: 'refused', code: 'dmarc_failed' });
  });

  it('repeats nothing from the mail but plain domain names', () => {
    const evil = 'x\r\nBcc: y@z <b>';
    const evidence: AuthenticationEvidence = {
      source: 'verified',
      spf: { result: 'fail', domain: evil },
      dkim: [{ ...own, domain: evil }],
      dmarc: { ...pass, result: 'fail' },
    };
    expect(authenticate(evidence, 'corp.example')).toMatchObject({
      reason: expect.stringMatching(/^[ -;=?-~]+$/),
    });
  });

  it('authenticates nobody without a pass in the evidence', () => {
    const result = fc.constantFrom(
      'none',
      'neutral',
      'pass',
      'fail',
      'softfail',
      'policy',
      'temperror',
      'permerror' as const,
    );
    const domain = fc.constantFrom('corp.example', 'evil.example', 'a.corp.example');
    const evidence = fc.record({
      source: fc.constantFrom('verified' as const, 'unverified' as const),
      spf: fc.option(fc.record({ result, domain: fc.option(domain) })),
      dkim: fc.array(
        fc.record({
          result,
          domain,
          selector: fc.constant('s'),
          aligned: fc.boolean(),
          bodyLengthLimited: fc.boolean(),
        }),
        { maxLength: 4 },
      ),
      dmarc: fc.option(
        fc.record({
          result,
          domain: fc.option(domain),
          policy: fc.option(fc.constantFrom('none', 'quarantine', 'reject' as const)),
        }),
      ),
    });
    fc.assert(
      fc.property(evidence, (found) => {
        const conclusion = authenticate(found as AuthenticationEvidence, 'corp.example');
        if (conclusion.state !== 'authenticated') return;
        const full = found.dkim.some((one) => one.result === 'pass' && one.aligned && !one.bodyLengthLimited);
        expect(found.source).toBe('verified');
        expect(found.dmarc?.domain).toBe('corp.example');
        expect(full || (found.spf?.result === 'pass' && found.dmarc?.result === 'pass')).toBe(true);
        if (found.dmarc?.result !== 'pass')
          expect(found.dmarc).toMatchObject({ result: 'none', policy: null });
      }),
      { numRuns: 5000 },
    );
  });
});
