import { describe, expect, it } from 'vitest';
import { parseAuthenticationResults } from './authentication-results.ts';

/** Results as plain values: `method=result` and the properties. */
function read(body: string) {
  const field = parseAuthenticationResults(body);
  return field?.results?.map(({ method, result, properties }) => [
    `${method}=${result}`,
    Object.fromEntries(properties),
  ]);
}

describe('an Authentication-Results field', () => {
  it('is read as Gmail writes it', () => {
    expect(
      read(
        ' mx.google.com;       dkim=pass header.i=@corp.example header.s=mail header.b="Zx/Q+3w=";' +
          '       spf=pass (google.com: domain of ann@corp.example designates 192.0.2.1 as permitted sender)' +
          ' smtp.mailfrom=ann@corp.example;       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=corp.example',
      ),
    ).toEqual([
      ['dkim=pass', { 'header.i': '@corp.example', 'header.s': 'mail', 'header.b': 'Zx/Q+3w=' }],
      ['spf=pass', { 'smtp.mailfrom': 'ann@corp.example' }],
      ['dmarc=pass', { 'header.from': 'corp.example' }],
    ]);
  });

  it('is read as Fastmail writes it, methods of its own included', () => {
    expect(
      read(
        'phl-mx-04.messagingengine.com; x-csa=none; x-ptr=pass smtp.helo=mail.corp.example' +
          ' policy.ptr=mail.corp.example; dkim=pass (2048-bit rsa key sha256) header.d=corp.example x-bits=2048;' +
          ' dmarc=pass policy.published-domain-policy=reject (p=reject,d=none,d.eval=none)' +
          ' header.from=corp.example; x-vs=clean:account score=20; x-tls=pass smtp.bits=256/256',
      ),
    ).toEqual([
      ['x-csa=none', {}],
      ['x-ptr=pass', { 'smtp.helo': 'mail.corp.example', 'policy.ptr': 'mail.corp.example' }],
      ['dkim=pass', { 'header.d': 'corp.example', 'x-bits': '2048' }],
      ['dmarc=pass', { 'policy.published-domain-policy': 'reject', 'header.from': 'corp.example' }],
      ['x-vs=clean:account', { score: '20' }],
      ['x-tls=pass', { 'smtp.bits': '256/256' }],
    ]);
  });

  it('is read as Amazon writes it, with what is outside the grammar', () => {
    expect(
      read(
        'amazonses.com; spf=pass (spfCheck: domain of corp.example designates 192.0.2.1 as permitted sender)' +
          ' client-ip=192.0.2.1; envelope-from=a+caf_=b=x.example@corp.example; helo=mail.corp.example;' +
          ' dkim=pass header.i=@corp.example; dmarc=none header.from=corp.example;',
      ),
    ).toEqual([
      ['spf=pass', { 'client-ip': '192.0.2.1' }],
      ['dkim=pass', { 'header.i': '@corp.example' }],
      ['dmarc=none', { 'header.from': 'corp.example' }],
    ]);
  });

  it.each([
    [
      'comments and blanks wherever they may stand',
      '(a) mx.test (b) 1 (c) ; (d) dkim (e) = (f) pass (g) header (h) . (i) d (j) = (k) corp.example (l)',
    ],
    ['comments in comments', 'mx.test; (a (b) (c (d)) \\) e) dkim=pass header.d=corp.example'],
    ['no blanks at all', 'mx.test;dkim=pass(a)header.d=corp.example'],
    ['capitals', 'MX.Test; DKIM=Pass Header.D=corp.example'],
    ['a method’s version', 'mx.test; dkim/1=pass header.d=corp.example'],
    ['a quoted name and value', '"mx.test"; dkim=pass header.d="corp.example"'],
    ['a semicolon at the end', 'mx.test; dkim=pass header.d=corp.example ; '],
  ])('may have %s', (_what, body) => {
    expect(parseAuthenticationResults(body)?.authserv).toBe('mx.test');
    expect(read(body)).toEqual([['dkim=pass', { 'header.d': 'corp.example' }]]);
  });

  it('keeps a reason and a quoted local part as one value each', () => {
    expect(read('mx.test; spf=fail reason="a; b=c (d \\" e" smtp.mailfrom="x y; z"@corp.example')).toEqual([
      ['spf=fail', { reason: 'a; b=c (d " e', 'smtp.mailfrom': 'x y; z@corp.example' }],
    ]);
  });

  it('may say that nothing was checked', () => {
    expect(read('mx.test; none')).toEqual([]);
    expect(read('mx.test')).toEqual([]);
  });

  it('gives no value to what it says twice', () => {
    expect(read('mx.test; dmarc=pass header.from=a.test header.from=b.test')).toEqual([
      ['dmarc=pass', { 'header.from': null }],
    ]);
  });

  it.each([
    'mx.test dmarc=pass',
    'mx.test 2; dmarc=pass',
    'mx.test 1.0; dmarc=pass',
    'mx.test; dmarc',
    'mx.test; =pass',
    'mx.test; dmarc=pass header.from',
    'mx.test; dmarc=pass .from=a.test',
    'mx.test; dmarc=pass header.from=a"b"',
    'mx.test; dmarc=pass header.from="a"b',
    'mx.test; dmarc=pass header.from="a"b=c',
    'mx.test; dmarc=pass header.from="a',
    'mx.test; dmarc=pass header.from="a\\',
    'mx.test; dmarc=pass (a',
    'mx.test; dmarc=pass (a (b)',
    'mx.test; dmarc=pass (a\\',
    'mx.test; dmarc=pass a)',
    'mx.test; dmarc=pass a\\ b=c',
    'mx.test; dmarc=pass\rheader.from=a.test',
    'mx.test; dmarc=pass header.from=a\0.test',
    'mx.test; dmarc=pass (\n) header.from=a.test',
    'mx.test; none; dmarc=pass',
    'mx.test(a).evil.test; dmarc=pass',
    'mx.test"evil"; dmarc=pass',
    `mx.test; dmarc=pass header.from=a.test${' '.repeat(20_000)}; dmarc=fail`,
  ])('is not read where it is malformed: %j', (body) => {
    expect(parseAuthenticationResults(body)).toEqual({ authserv: 'mx.test', results: null });
  });

  it.each(['', '; dmarc=pass', '(mx.test', '"mx.test', '\0mx.test; dmarc=pass', '()'])(
    'is nobody’s without a name: %j',
    (body) => expect(parseAuthenticationResults(body)).toBe(null),
  );
});
