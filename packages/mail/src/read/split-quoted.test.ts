import { fuzzRuns } from '@tinyfat/testing/fuzz-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitQuoted as split, type ThreadHints } from './split-quoted.ts';

const lines = (...all: string[]) => all.join('\n');
const reply: ThreadHints = { reply: true, forward: false, subject: 'report' };
const splitQuoted = (text: string) => split(text, reply);
const ink = (text: string) => [...text.replace(/\s+/g, '')].sort().join('');

describe('splitQuoted', () => {
  it('takes no longer for a hundred thousand blank lines, and keeps them', () => {
    const gap = '\n'.repeat(100_000);
    const parts = splitQuoted(`Yes.${gap}No.\n\nOn Monday Ann wrote:\n> So?\n${gap}> Well?`);
    expect(parts.text).toBe(`Yes.${gap}No.`);
    expect(parts.quoted).toContain('> So?');
    expect(parts.quoted).toContain('> Well?');
  });

  it('parts a reply above the quote', () => {
    expect(
      splitQuoted(
        lines('Do it.', '', 'On Mon, Jan 1, 2024 at 1:00 PM Bot <bot@a.test> wrote:', '> old', '> older'),
      ),
    ).toEqual({
      text: 'Do it.',
      quoted: lines('On Mon, Jan 1, 2024 at 1:00 PM Bot <bot@a.test> wrote:', '> old', '> older'),
      forwarded: '',
    });
  });

  it('parts a reply below the quote', () => {
    expect(splitQuoted(lines('On Mon, Bot wrote:', '> old', '', 'Do it.'))).toEqual({
      text: 'Do it.',
      quoted: lines('On Mon, Bot wrote:', '> old'),
      forwarded: '',
    });
  });

  it('keeps a quote between two answers with them', () => {
    const mail = lines('> one?', '', 'Yes.', '', '> two?', '', 'No.');
    expect(splitQuoted(mail)).toEqual({
      text: lines('Yes.', '', '> two?', '', 'No.'),
      quoted: '> one?',
      forwarded: '',
    });
  });

  it('joins an attribution of two lines to its quote', () => {
    const { text, quoted } = splitQuoted(
      lines('Ok', '', 'On Mon, Jan 1, 2024 at 1:00 PM Bot', '<bot@a.test> wrote:', '', '> old'),
    );
    expect(text).toBe('Ok');
    expect(quoted).toContain('<bot@a.test> wrote:');
  });

  it('takes Outlook’s header block for a quote', () => {
    const quote = lines(
      '________________________________',
      'From: Bot <bot@a.test>',
      'Sent: Monday',
      'To: Ann',
      'Subject: x',
      '',
      'old',
    );
    expect(splitQuoted(lines('Do it.', '', quote))).toEqual({ text: 'Do it.', quoted: quote, forwarded: '' });
  });

  it('keeps what follows a line of dashes in the text', () => {
    const mail = lines('First do A.', '', '---', '', 'Then do B.');
    expect(splitQuoted(mail)).toEqual({ text: mail, quoted: '', forwarded: '' });
  });

  it('keeps the signature with the text and drops no word that looks like one', () => {
    const mail = lines('Do it.', '', '-- ', 'Ann');
    expect(splitQuoted(lines(mail, '', 'On Mon, Bot wrote:', '> old'))).toEqual({
      text: mail,
      quoted: lines('On Mon, Bot wrote:', '> old'),
      forwarded: '',
    });
    expect(splitQuoted('Cheers')).toEqual({ text: 'Cheers', quoted: '', forwarded: '' });
  });

  it.each([
    ['alone', lines('> old', '> older')],
    ['below its attribution', lines('On Mon, Bot wrote:', '> old', '>', '> older')],
  ])('finds no new text in a mail that only quotes, %s, also in a first mail', (_, mail) => {
    const first: ThreadHints = { reply: false, forward: false, subject: '' };
    for (const thread of [reply, first])
      expect(split(mail, thread)).toEqual({ text: '', quoted: mail, forwarded: '' });
  });

  it('keeps indentation and long lines', () => {
    const long = 'word '.repeat(2000).trim();
    const mail = lines('def f():', '    return 1', '', long);
    expect(splitQuoted(lines(mail, '', 'On Mon, Bot wrote:', '> old')).text).toBe(mail);
  });

  it('is not led astray by names that mean something to programs', () => {
    const quote = lines('On Mon, A $& B wrote:', '> old');
    expect(splitQuoted(lines('Do it.', '', quote))).toEqual({ text: 'Do it.', quoted: quote, forwarded: '' });
  });

  it('never loses or changes a character, whatever the text', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '> ',
        '>',
        '\n',
        '\n\n',
        '-- \n',
        '---',
        'On Mon, X wrote:\n',
        'From: A <a@b>\n',
        '$&',
        '$1',
        '~',
        'Cheers,\n',
        '____\n',
        'Le lundi X écrit :\n',
        '---------- Forwarded message ---------\n',
        '-----Original Message-----\n',
        'To: B <b@a>\nSubject: report\n',
        ' ',
        '\t',
      ),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const mail = pieces.join('').replace(/[\r\v\f\x85\u2028\u2029]/g, '');
        for (const thread of [reply, { ...reply, reply: false }, { ...reply, forward: true }]) {
          const { text, quoted, forwarded } = split(mail, thread);
          expect(ink(text + quoted + forwarded)).toBe(ink(mail));
        }
      }),
      fuzzRuns(200),
    );
  });
});
