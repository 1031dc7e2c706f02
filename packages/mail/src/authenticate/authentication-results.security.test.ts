/**
 * Forged results. In every case somebody else writes in the name of victim.test to a server that takes the word of
 * mx.test and of ses.test; nobody may come out as victim.test. The message bears a signature of victim.test, so
 * that it is not for want of one.
 */
import { authenticate, type DkimEvidence } from '@tinyfat/core';
import { fuzzRuns } from '@tinyfat/testing/fuzz-runs';
import { processorClock } from '@tinyfat/testing/processor-ms';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { message } from '../test-support/messages.ts';
import { assertedEvidence } from './asserted-evidence.ts';
import { parseAuthenticationResults } from './authentication-results.ts';
import { topmostResults } from './topmost-results.ts';

const signatureOf = (domain: string): DkimEvidence => ({
  result: 'neutral',
  domain,
  selector: 's',
  aligned: domain === 'victim.test',
  bodyLengthLimited: false,
  signedHeaders: [],
  signedAt: null,
  fingerprint: 'f',
});
const signatures = [signatureOf('victim.test'), signatureOf('evil.test')];

function isBelieved(headers: string[], own = signatures): boolean {
  const said = topmostResults(message(headers), ['mx.test', 'ses.test']);
  const findings = { fromDomain: 'victim.test', signatures: own, policy: null };
  const evidence = said === null ? null : assertedEvidence(said, findings);
  return evidence !== null && authenticate(evidence, 'victim.test').state === 'authenticated';
}
const by = (...bodies: string[]) => bodies.map((body) => `Authentication-Results: ${body}`);
const pass = 'dmarc=pass header.from=victim.test';
const spfCheck =
  'spf=pass (spfCheck: domain of x designates 192.0.2.1 as permitted sender) client-ip=192.0.2.1';
/** As Amazon writes it, with whatever MAIL FROM and HELO say. */
const ses = (mailFrom: string, helo: string, results: string) =>
  by(`ses.test; ${spfCheck}; envelope-from=${mailFrom}; helo=${helo}; ${results}`);

describe('the honest word of a named server', () => {
  it.each([
    [
      'DMARC and all else passed',
      by(
        `mx.test; dkim=pass header.i=@victim.test; spf=pass smtp.mailfrom=a@victim.test; ${pass} (p=REJECT)`,
      ),
    ],
    [
      'results over several fields',
      by('mx.test; x-csa=none', 'mx.test; x-ptr=pass', `mx.test; dkim=pass header.d=victim.test; ${pass}`),
    ],
    [
      'a signature, and no DMARC record',
      ses('a@victim.test', 'x.test', 'dkim=pass header.i=@victim.test; dmarc=none header.from=victim.test;'),
    ],
    ['a signature, and nothing of DMARC', ses('a@victim.test', 'x.test', 'dkim=pass header.i=@victim.test;')],
    [
      'DMARC passed, bounces of another domain',
      ses('b=c@bounce.test', 'x.test', `dkim=pass header.i=@victim.test; ${pass};`),
    ],
  ])('is believed: %s', (_what, headers) => expect(isBelieved(headers)).toBe(true));
});

describe('what a named server does not say', () => {
  it.each([
    ['nothing', []],
    ['SPF alone', by('ses.test; spf=pass smtp.mailfrom=a@victim.test')],
    ['a pass of another domain', by('mx.test; dmarc=pass header.from=evil.test')],
    [
      'a signature, where DMARC failed',
      by('mx.test; dkim=pass header.i=@victim.test; dmarc=fail header.from=victim.test'),
    ],
    ['a failed signature, and a pass of no domain', by('mx.test; dkim=fail header.d=victim.test; dkim=pass')],
    ['a pass of two domains', by('mx.test; dmarc=pass header.from=evil.test header.from=victim.test')],
    [
      'a signature of two domains',
      by('mx.test; dkim=pass header.d=evil.test header.d=victim.test header.i=@victim.test'),
    ],
    [
      'an identity that is not the signer’s',
      by('mx.test; dkim=pass header.d=evil.test header.i=@victim.test'),
    ],
    [
      'DMARC said to have passed by its best guess',
      by('mx.test; dmarc=bestguesspass header.from=victim.test'),
    ],
  ])('is not believed: %s', (_what, headers) => expect(isBelieved(headers)).toBe(false));
});

describe('results in somebody else’s field', () => {
  it.each([
    ['another server’s on top', by(`evil.test; ${pass}`, 'mx.test; dmarc=fail header.from=victim.test')],
    ['below another server’s', by('relay.test; none', `mx.test; ${pass}`)],
    ['below the real one', by('mx.test; dmarc=fail header.from=victim.test', `mx.test; ${pass}`)],
    ['of another named server, below the real one', by('ses.test; spf=none', `mx.test; ${pass}`)],
    [
      'below a field of the real server',
      [...by('ses.test; spf=none'), 'X-SES-RECEIPT: x', ...by(`ses.test; ${pass}`)],
    ],
    [
      'below the Received of the real server',
      [...by('mx.test; spf=none'), 'Received: from evil', ...by(`mx.test; ${pass}`)],
    ],
    ['a name that begins alike', by(`mx.test.evil.test; ${pass}`)],
    ['a name that ends alike', by(`evil-mx.test; ${pass}`)],
    ['a name with a comment in it', by(`mx.test(x).evil.test; ${pass}`)],
    ['a name in a comment', by(`(mx.test;) evil.test; ${pass}`)],
    ['a blank before the colon', [`Authentication-Results : mx.test; ${pass}`]],
    ['a fold before the colon', [`Authentication-Results\r\n : mx.test; ${pass}`]],
    ['a blank before the name, at the very top', [` Authentication-Results: mx.test; ${pass}`]],
    ['a bare CR in the line above', [`X-HELO: x\rAuthentication-Results: mx.test; ${pass}`]],
    ['a bare LF in the line above', [`X: y`, `X-HELO: x\nAuthentication-Results: mx.test; ${pass}`]],
    ['a name that is longer', [`X-Authentication-Results: mx.test; ${pass}`]],
    ['of ARC', [`ARC-Authentication-Results: i=1; mx.test; ${pass}`]],
    ['within a fold', ['Subject: x', ` Authentication-Results: mx.test; ${pass}`]],
    ['in the body', ['From: a@b.test', '', ...by(`mx.test; ${pass}`)]],
  ])('are not believed: %s', (_where, headers) => expect(isBelieved(headers)).toBe(false));

  it('end the run also where they are written in a way that nobody looks for', () => {
    const shifty = [...by('mx.test; x-csa=none'), 'Authentication-Results : x', ...by(`mx.test; ${pass}`)];
    expect(isBelieved(shifty)).toBe(false);
  });
});

describe('what a sender writes into the real field', () => {
  it.each([
    [
      'a local part that ends the comment',
      by(
        'mx.test; spf=pass (domain of "x) dmarc=pass (y"@evil.test is ok) smtp.mailfrom="x) dmarc=pass (y"@evil.test',
      ),
    ],
    ['a comment in a comment', by(`mx.test; (x (y) ${pass}) spf=fail smtp.mailfrom=a@evil.test`)],
    ['a comment without an end', by(`mx.test; spf=pass ((x ${pass}`)],
    ['a quote without an end', by(`mx.test; spf=pass smtp.mailfrom="x; ${pass}`)],
    ['a quoted reason', by(`mx.test; dkim=pass reason="x; ${pass}" header.d=evil.test`)],
    [
      'an escaped quote in a reason',
      by(`mx.test; dkim=fail reason="x\\"; ${pass}; y=\\"" header.d=evil.test`),
    ],
    ['a quoted local part', by(`mx.test; spf=pass smtp.mailfrom="x; ${pass}; y"@evil.test`)],
    ['two DMARC results', by(`mx.test; dmarc=fail header.from=victim.test; ${pass}`)],
    ['two DMARC results in two fields', by(`mx.test; ${pass}`, 'mx.test; dmarc=none')],
    ['a DMARC result in a field that ends malformed', by(`mx.test; ${pass}; x`)],
    ['a malformed second field', by(`mx.test; ${pass}`, 'mx.test; spf=pass (')],
    ['a version that nobody knows', by(`mx.test 2; ${pass}`)],
  ])('is not believed: %s', (_what, headers) => expect(isBelieved(headers)).toBe(false));

  const real = 'dkim=pass header.i=@evil.test; dmarc=fail header.from=victim.test;';
  const noPolicy = 'dkim=pass header.i=@evil.test; dmarc=none header.from=victim.test;';
  it.each([
    ['a quoted MAIL FROM', ses(`"a; ${pass}; b"@evil.test`, 'x', 'dkim=pass header.i=@evil.test;')],
    ['a bare MAIL FROM', ses(`a; ${pass}; b@evil.test`, 'x', real)],
    ['a bare MAIL FROM that fits the grammar', ses(`a@x.test; ${pass} x.y=b@evil.test`, 'x', real)],
    ['HELO', ses('a@evil.test', `x; ${pass}`, 'dkim=none; dmarc=none header.from=victim.test;')],
    ['HELO, where DMARC failed', ses('a@evil.test', `x; ${pass}`, real)],
    ['HELO with a comment around the rest', ses('a@evil.test', `x; ${pass} (`, real)],
    ['both, with a comment between', ses(`a@x.test; helo=x; ${pass} (`, 'x)', real)],
  ])('through Amazon’s tail is not believed: DMARC in %s', (_where, headers) => {
    expect(isBelieved(headers)).toBe(false);
  });

  it.each([
    ['HELO', ses('a@evil.test', 'x; dkim=pass header.d=victim.test', noPolicy)],
    ['MAIL FROM', ses('a@x.test; dkim=pass header.d=victim.test x.y=b@evil.test', 'x', noPolicy)],
    [
      'both, with a comment between',
      ses('a@x.test; helo=x; dkim=pass header.d=victim.test (', 'x)', noPolicy),
    ],
  ])('through Amazon’s tail is not believed: a signature in %s, when there is none', (_where, headers) => {
    expect(isBelieved(headers, [signatureOf('evil.test')])).toBe(false);
    // A broken one of that domain changes nothing: the server then says what it thinks of that one too.
    const judged = headers.map((header) => `${header} dkim=fail header.i=@victim.test;`);
    expect(isBelieved(judged)).toBe(false);
  });

  it('makes no SPF of it: the worst of several counts', () => {
    const [header = ''] = ses('a@evil.test', 'x; spf=pass smtp.mailfrom=a@victim.test', `${pass};`);
    const said = topmostResults(message([header]), ['ses.test']);
    const findings = { fromDomain: 'victim.test', signatures, policy: null };
    expect(said && assertedEvidence(said, findings)?.spf).toMatchObject({ aligned: false });
    const failed = topmostResults(message([header.replace('spf=pass (', 'spf=fail (')]), ['ses.test']);
    expect(failed && assertedEvidence(failed, findings)?.spf).toMatchObject({ result: 'fail' });
  });
});

describe('text of a sender that the server has quoted', () => {
  const piece = fc.constantFrom(
    ...'();"\\=. @',
    'dmarc',
    'pass',
    'header',
    'from',
    'victim.test',
    'mx.test',
    'x',
  );
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
  const results = (body: string) =>
    parseAuthenticationResults(body)?.results?.map(({ method, result }) => `${method}=${result}`);

  it('never becomes a result, whatever it is', () => {
    fc.assert(
      fc.property(text, text, (first, second) => {
        const comment = `(${first.replace(/[()\\]/g, '\\$&')})`;
        const quoted = `"${second.replace(/["\\]/g, '\\$&')}"`;
        const body = `mx.test; spf=fail ${comment} smtp.mailfrom=${quoted}@evil.test; dkim=fail reason=${quoted}`;
        expect(results(body)).toEqual(['spf=fail', 'dkim=fail']);
      }),
      fuzzRuns(500),
    );
  });
});

describe('a signature that leaves the end of the body open', () => {
  it('does not pass because another server says so', () => {
    const open = { ...signatureOf('victim.test'), bodyLengthLimited: true };
    const dkim = 'dkim=pass header.d=victim.test';
    expect(isBelieved(by(`mx.test; ${dkim}; ${pass}`), [open])).toBe(false);
    expect(isBelieved(by(`mx.test; ${dkim}; dmarc=none`), [open])).toBe(false);
    // Which of two passed is not said.
    const two = by(`mx.test; ${dkim}; dkim=fail header.d=victim.test; dmarc=none`);
    expect(isBelieved(two, [open, signatureOf('victim.test')])).toBe(false);
  });
});

describe('fields made to cost', () => {
  it.each([
    ['open comments', '('.repeat(16_000)],
    ['comments in comments', `${'('.repeat(8_000)}${')'.repeat(8_000)}`],
    ['quotes', '"'.repeat(16_000)],
    ['backslashes', `(${'\\'.repeat(16_000)}`],
    ['blanks', ' '.repeat(16_000)],
    ['properties', 'a=b '.repeat(4_000)],
    ['results', 'a=b;'.repeat(4_000)],
    ['dots', `a${'.a'.repeat(8_000)}=b`],
  ])('are read in the time of their length: %s', (_what, text) => {
    const processorMs = processorClock();
    for (let round = 0; round < 20; round += 1) parseAuthenticationResults(`mx.test; dkim=pass ${text}`);
    expect(processorMs()).toBeLessThan(2_000);
  });

  it('are not read beyond a number that no server writes', () => {
    const many = by(...Array.from({ length: 30 }, () => 'mx.test; x-a=b'), `mx.test; ${pass}`);
    expect(isBelieved(many)).toBe(false);
    expect(isBelieved(by(...Array.from({ length: 10 }, () => 'mx.test; x-a=b'), `mx.test; ${pass}`))).toBe(
      true,
    );
  });
});
