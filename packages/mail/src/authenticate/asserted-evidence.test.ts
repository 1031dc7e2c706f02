import { describe, expect, it } from 'vitest';
import { message } from '../test-support/messages.ts';
import { assertedEvidence } from './asserted-evidence.ts';
import { topmostResults } from './topmost-results.ts';

const evidenceIn = (results: string, fromDomain = 'example.com') => {
  const said = topmostResults(message([`Authentication-Results: mx.test; ${results}`]), ['mx.test']);
  return said && assertedEvidence(said, { fromDomain, signatures: [], policy: 'quarantine' });
};
const spfIn = (results: string) => evidenceIn(results)?.spf;

describe('asserted evidence', () => {
  it('is nothing where the results say nothing about the sender', () => {
    expect(evidenceIn('none')).toBe(null);
    expect(evidenceIn('arc=none; iprev=pass; dkim=none (message not signed)')).toBe(null);
  });

  it('has the author’s domain in one form, from an address too, and our own look at the policy', () => {
    expect(evidenceIn('dmarc=pass header.from=EXAMPLE.com')?.dmarc).toEqual({
      result: 'pass',
      domain: 'example.com',
      policy: 'quarantine',
    });
    expect(evidenceIn('dmarc=pass header.from=ann@example.com')?.dmarc).toMatchObject({
      domain: 'example.com',
    });
    for (const domain of ['münchen.test', 'example.com.', 'example.com/x.evil.test']) {
      expect(evidenceIn(`dmarc=pass header.from=${domain}`)?.dmarc).toMatchObject({ domain: null });
    }
    expect(evidenceIn('dmarc=pass')?.dmarc).toMatchObject({ domain: null });
  });

  it('takes a word of no standard for an error', () => {
    expect(evidenceIn('dmarc=bestguesspass header.from=example.com')?.dmarc?.result).toBe('permerror');
  });

  it.each([
    ['spf=pass smtp.mailfrom=a@example.com', { result: 'pass', domain: 'example.com', aligned: true }],
    ['spf=pass smtp.mailfrom=b.example.com', { result: 'pass', domain: 'b.example.com', aligned: true }],
    ['spf=pass smtp.mailfrom="a@example.com"@evil.test', { domain: null, aligned: false }],
    ['spf=pass smtp.mailfrom=evil.test smtp.mailfrom=example.com', { domain: null, aligned: false }],
    ['spf=pass smtp.helo=example.com', { domain: null, aligned: false }],
    ['spf=pass smtp.mailfrom=<>', { domain: null, aligned: false }],
    ['spf=softfail smtp.mailfrom=a@example.com', { result: 'softfail', aligned: true }],
  ])('has SPF of MAIL FROM alone: %s', (results, spf) => expect(spfIn(results)).toMatchObject(spf));

  it('has the worst of several SPF results', () => {
    const pass = 'spf=pass smtp.mailfrom=a@example.com';
    expect(spfIn(`${pass}; spf=none smtp.helo=x.test`)).toMatchObject({ result: 'none' });
    expect(spfIn(`spf=none smtp.helo=x.test; ${pass}; spf=fail`)).toMatchObject({ result: 'fail' });
    expect(spfIn(`${pass}; spf=fail smtp.mailfrom=a@example.com`)).toMatchObject({ result: 'fail' });
    expect(spfIn(`${pass}; spf=pass smtp.mailfrom=a@evil.test`)).toMatchObject({ aligned: false });
    expect(spfIn(`${pass}; ${pass}`)).toMatchObject({ result: 'pass', aligned: true });
  });
});
