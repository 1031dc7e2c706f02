/** A From field that two programs may read differently names nobody, however the mail came. */
import { canonicalAddress, fromSender } from '@tinyfat/core';
import { fuzzRuns } from '@tinyfat/testing/fuzz-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inspect, inspectionOf } from '../test-support/inspection.ts';
import { trustedClient } from '../test-support/messages.ts';
import { parseFrom, readFrom } from './from-field.ts';

const ANN = 'ann@example.org';
const EVE = 'eve@evil.example';
const code = (body: string) => {
  const from = parseFrom(body);
  return from.ok ? from.address : from.code;
};

describe('a From field', () => {
  it.each([
    [` ${ANN}`, ANN, ''],
    [` <${ANN}>`, ANN, ''],
    [` Ann <${ANN}>`, ANN, 'Ann'],
    [` Ann<${ANN}>`, ANN, 'Ann'],
    [` "Example, Ann" <${ANN}>`, ANN, 'Example, Ann'],
    [` "Ann \\"A\\" <${EVE}>" <${ANN}>`, ANN, `Ann "A" <${EVE}>`],
    [` Ann B. Example <${ANN}>`, ANN, 'Ann B. Example'],
    [` [JIRA] Ann <${ANN}>`, ANN, '[JIRA] Ann'],
    [` =?utf-8?q?Ann_=C3=84?= <${ANN}>`, ANN, 'Ann Ä'],
    [` Änn <${ANN}>`, ANN, 'Änn'],
    [` =?utf-8?q?A=0D=0ABcc=3A=1B[2Jx?= <${ANN}>`, ANN, 'A Bcc: [2Jx'],
    [` ${ANN} (Ann Example)`, ANN, 'Ann Example'],
    [` Ann (Sales (EU)) <${ANN}> (home)`, ANN, 'Ann'],
    [` "${ANN}" <${ANN}>`, ANN, ANN],
    [` ${ANN} <${ANN}>`, ANN, ANN],
    [` "${EVE}" <${ANN}>`, ANN, EVE],
    [` (x (y) <${ANN}> ) <${EVE}>`, EVE, `x (y) <${ANN}>`],
    [` =?utf-8?q?ann=40example.org?= <${EVE}>`, EVE, ANN],
    [` o'ann+tag=x@example.org`, `o'ann+tag=x@example.org`, ''],
  ])('names one author: %j', (body, address, name) => {
    expect(parseFrom(body)).toEqual({ ok: true, address, name });
  });

  it.each([
    [` <${EVE} <${ANN}`, 'from_invalid'],
    [` ${EVE}> <${ANN}>`, 'from_invalid'],
    [` <${ANN}> <${EVE}>`, 'from_invalid'],
    [` <${ANN}>${EVE}`, 'from_invalid'],
    [` ${EVE} "x" ${ANN}`, 'from_invalid'],
    [` ${EVE} ${ANN}`, 'from_invalid'],
    [` ${EVE} <${ANN}>`, 'from_invalid'],
    [` ${ANN} x <${EVE}>`, 'from_invalid'],
    [` <<${ANN}>>`, 'from_invalid'],
    [` <${ANN}`, 'from_invalid'],
    [` ${ANN}>`, 'from_invalid'],
    [` < ${ANN} >`, 'from_invalid'],
    [` <(x)${ANN}>`, 'from_invalid'],
    [` <"ann"@example.org>`, 'from_invalid'],
    [` "ann"@example.org`, 'from_invalid'],
    [` "${ANN}"`, 'from_invalid'],
    [` "${ANN} <${EVE}>`, 'from_invalid'],
    [` (${ANN})`, 'from_invalid'],
    [` (${ANN}`, 'from_invalid'],
    [` (x) ) <${ANN}>`, 'from_invalid'],
    [` (x\\) <${ANN}>`, 'from_invalid'],
    [` ann(x)@example.org`, 'from_invalid'],
    [` ann @example.org`, 'from_invalid'],
    [` ann@(x)example.org`, 'from_invalid'],
    [` <@evil.example:${ANN}>`, 'from_invalid'],
    [` <@evil.example,@x.example:${ANN}>`, 'from_invalid'],
    [` Team: ${ANN};`, 'from_invalid'],
    [` ${ANN};`, 'from_invalid'],
    [` \\${ANN}`, 'from_invalid'],
    [` =?utf-8?q?=3Cann=40example.org=3E?=`, 'from_invalid'],
    [` ann`, 'from_invalid'],
    [` Ann`, 'from_invalid'],
    [` <>`, 'from_invalid'],
    [` Ann <>`, 'from_invalid'],
    [` <${ANN}@evil.example>`, 'from_invalid'],
    [` ${ANN}, ${EVE}`, 'from_several'],
    [` Example, Ann <${ANN}>`, 'from_several'],
    [` <${ANN}>,`, 'from_several'],
    [` ,${ANN}`, 'from_several'],
    ['', 'from_missing'],
    [' \t ', 'from_missing'],
  ])('names nobody: %j', (body, expected) => expect(code(body)).toBe(expected));

  it.each(['\0', '\r', '\n', '\x0b', '\x0c', '\x1b', '\x7f', '\x85', '\xa0', '\ufeff', '\u2028', '\u3000'])(
    'names nobody with %j at any place outside of quotes',
    (odd) => {
      const field = `Ann <${ANN}>`;
      for (let at = 0; at <= field.length; at += 1) {
        const body = ` ${field.slice(0, at)}${odd}${field.slice(at)}`;
        const from = parseFrom(body);
        // At the edges an odd blank is one of the display name; within it, it must not pass for a letter.
        expect([body, from.ok && canonicalAddress(from.address).ok]).toEqual([body, false]);
      }
    },
  );

  it.each([
    'From: eve@evil.example\r\nFrom: ann@example.org\r\n\r\n',
    'From: ann@example.org\r\n from: eve@evil.example\rFrom: x\r\n\r\n',
    'X: y\rFrom: ann@example.org\r\nFrom: eve@evil.example\r\n\r\n',
  ])('is read only where it is the one: %j', (head) => {
    expect(readFrom(Buffer.from(head))).toMatchObject({ ok: false, code: 'from_several' });
  });

  it.each([
    'From : ann@example.org\r\n\r\n',
    'From\r\n : ann@example.org\r\n\r\n',
    ' From: ann@example.org\r\n\r\n',
    'X: y\rFrom: ann@example.org\r\n\r\n',
    'From: ann@exam\rple.org\r\n\r\n',
    'From: ann@example.org\r\r\n\r\n',
  ])('is read only where it is written as a field is: %j', (head) => {
    expect(readFrom(Buffer.from(head))).toMatchObject({ ok: false, code: 'from_invalid' });
  });

  it.each([
    'From: Ann\r\n <ann@example.org>\r\n\r\n',
    'FROM:ann@example.org\n\n',
    'from:\r\n\tann@example.org\r\n\r\n',
  ])('may be folded, and in any case: %j', (head) =>
    expect(readFrom(Buffer.from(head))).toMatchObject({ ok: true, address: ANN }),
  );

  describe('in a form that RFC 5322 calls obsolete, or that needs its quoting rules', () => {
    const tokens = ['ann', '.', 'b', '@', 'example', '.', 'org'];
    const blanks = [' ', '\t', '(c)', '\r\n ', ' (c) ', '\\ '].flatMap((blank) =>
      tokens.slice(1).map((_, at) => [...tokens.slice(0, at + 1), blank, ...tokens.slice(at + 1)].join('')),
    );
    const words = ['"ann"', '""', '"a\\nn"', '"a nn"', '"a@nn"', '"a(nn)"', '"a\\"nn"', '"a<nn>"'];
    const locals = [
      ...words.flatMap((word) => [word, `${word}.b`, `a.${word}`]),
      ...['.ann', 'ann.', 'an..n', 'an\\@n', 'a[n', 'a,n', 'a;n', 'a:n', ''],
    ].map((local) => `${local}@example.org`);
    const domains = [
      ...[
        '[192.0.2.1]',
        '[IPv6:2001:db8::1]',
        '[x:y]',
        '[exa mple]',
        '[exa\\]mple]',
        '192.0.2.1',
        'localhost',
        'org',
        '',
      ],
      ...[
        '.example.org',
        'example.org.',
        'example..org',
        '-example.org',
        'example-.org',
        'exa_mple.org',
        'example.1',
      ],
      ...[
        `${'a'.repeat(64)}.org`,
        `${'a.'.repeat(130)}org`,
        'exam\\ple.org',
        'exa"mple".org',
        'example.org:25',
      ],
    ].map((domain) => `ann@${domain}`);
    const routes = [
      '@a.test:',
      '@a.test,@b.test:',
      ',@a.test:',
      '@a.test,,@b.test:',
      '@[192.0.2.1]:',
      ':',
    ].map((route) => `${route}ann@example.org`);
    const addresses = [...blanks, ...locals, ...domains, ...routes];
    const shapes = [(address: string) => ` <${address}>`, (address: string) => ` Ann <${address}>`];

    it.each(addresses)('is nobody’s address: %j', (address) => {
      for (const body of [` ${address}`, ...shapes.map((shape) => shape(address))]) {
        const from = readFrom(Buffer.from(`From:${body}\r\n\r\n`));
        expect([body, from.ok && canonicalAddress(from.address).ok]).toEqual([body, false]);
      }
    });
    it.each([`,${ANN}`, `${ANN},`, `,,<${ANN}>`, `Ann:${ANN};`, `:${ANN};`, `Ann . B <${ANN}> x`])(
      'is nobody’s field: %j',
      (body) => expect(parseFrom(body).ok).toBe(false),
    );
  });

  it.each([` <${EVE} <${ANN}`, ` ${EVE}> <${ANN}>`, ` <<${ANN}>>`, ` (${ANN})`, ` ${ANN}, ${EVE}`])(
    'names nobody to a trusted client either: %j',
    async (body) => {
      const found = await inspect(
        Buffer.from(`From:${body}\r\n\r\nhello\r\n`),
        inspectionOf(null, ANN, { client: trustedClient }),
      );
      expect(found).toMatchObject({ ok: true, evidence: { source: 'trusted_client' } });
      expect(found.ok && fromSender(found.summary).ok).toBe(false);
    },
  );

  it('never names ann where an address of eve stands in front of hers or behind it, unquoted', () => {
    const glue = fc.constantFrom(
      ' ',
      '',
      '<',
      '>',
      '(',
      ')',
      '"',
      ',',
      ';',
      ':',
      '\\',
      '@',
      '\t',
      'x',
      '=?',
      '?=',
      '[',
    );
    const pieces = fc.array(glue, { maxLength: 4 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(pieces, pieces, pieces, fc.boolean(), (before, between, after, annFirst) => {
        const pair = annFirst ? [ANN, EVE] : [EVE, ANN];
        const body = `${before}${pair[0]}${between}${pair[1]}${after}`;
        const from = parseFrom(body);
        if (!from.ok || from.address !== ANN) return;
        // Eve's address may only stand where everybody sees that it is none: in quotes or in a comment.
        const plain = body.replace(/"(?:[^"\\]|\\.)*"/g, '').replace(/\([^()]*\)/g, '');
        expect(plain).not.toContain(EVE);
      }),
      fuzzRuns(500),
    );
  });
});
