import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanSubject, replySubject, stripReplyPrefixes } from './subject.ts';

describe('replySubject', () => {
  it.each([
    'Re: Hi',
    'RE: Hi',
    're:Hi',
    'AW: Hi',
    'SV: Re: Hi',
    'Antw: Hi',
    'Re[2]: Hi',
    'Re (3): Hi',
    'Re^2: Hi',
    'RE : Hi',
    'R: ciao',
    'RIF: ciao',
    'RES: oi',
    'Odp: hej',
    'VS: hei',
    'YNT: x',
    'Vá: szia',
    'ΑΠ: Γεια',
    'Отв: привет',
    'НА: привет',
    '回复：你好',
    '答复: 你好',
    '返信: こんにちは',
    '답장: 안녕',
    'رد: مرحبا',
    'תגובה: שלום',
    'Trả lời: xin chào',
  ])('keeps %s as it is', (subject) => {
    expect(replySubject(subject)).toBe(subject);
  });

  it.each([
    'Hi',
    'Fwd: Hi',
    'WG: Hi',
    'TR: Hi',
    'I: ciao',
    'Refund: 12',
    'Report: 12',
    'Resume: Ann',
    'Reply: x',
    'Rent: due',
    'Reminder: x',
    'Ref: 4711',
    'Antw.: Hi',
    'Re-opened',
    'Real',
    'Re',
    'Are: you',
    '[list] Re: Hi',
    'SVG: a',
    'Awe: x',
    'Saw: a',
  ])('puts Re: before %s', (subject) => {
    expect(replySubject(subject)).toBe(`Re: ${subject}`);
  });

  it.each([
    ['', 'Re: (no subject)'],
    [' \t ', 'Re: (no subject)'],
    ['Hi\r\nBcc: x@y.example', 'Re: Hi Bcc: x@y.example'],
    ['Re: a\u0000b\u0085c\u2028d', 'Re: a b c d'],
    ['  Hi  ', 'Re: Hi'],
    ['Hi\ud800', 'Re: Hi\ufffd'],
  ])('makes %j into %j', (subject, reply) => {
    expect(replySubject(subject)).toBe(reply);
  });

  it('is one line of at most 900 characters that begins with a prefix, and is its own answer', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (subject) => {
        const reply = replySubject(subject);
        expect(reply.length).toBeLessThanOrEqual(900);
        expect(reply).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        expect(reply.isWellFormed()).toBe(true);
        expect(stripReplyPrefixes(reply).replied).toBe(true);
        expect(replySubject(reply)).toBe(reply);
      }),
      { examples: [['x'.repeat(5000)], ['😀'.repeat(500)], [`x${'😀'.repeat(500)}`]] },
    );
  });
});

describe('stripReplyPrefixes', () => {
  it.each([
    ['AW: Re[3]: SV:  x ', 'x', true],
    ['Re: Fwd: x', 'Fwd: x', true],
    ['x', 'x', false],
    ['Refund: x', 'Refund: x', false],
    ['Re:', '', true],
    ['Re:'.repeat(200), '', true],
  ])('of %j gives %j', (subject, text, replied) => {
    expect(stripReplyPrefixes(subject)).toEqual({ text, replied });
  });
});

it('cleanSubject never grows and never breaks a line', () => {
  expect(cleanSubject('a\r\n\r\nb\tc')).toBe('a b c');
});
