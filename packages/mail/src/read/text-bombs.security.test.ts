/** HTML and text made to cost: read to the end in the processor time that its length allows, and bounded in what comes of it. */
import { processorClock } from '@tinyfat/testing/processor-ms';
import { describe, expect, it } from 'vitest';
import { textLimit } from './clean-text.ts';
import { htmlBody } from './html-body.ts';
import { splitLines, splitQuoted } from './split-quoted.ts';

const reply = { reply: true, forward: false, subject: 'report' };
const million = 1_000_000;
/** Where more of it adds nothing but time. */
const quarter = million / 4;
const fill = (unit: string, size = quarter) => unit.repeat(Math.floor(size / unit.length));
/** Several times what it takes; what grows with the square of the length takes more. */
const mostMs = (length: number) => 1_000 + length / 100;

describe('HTML of a quarter of a million characters or more', () => {
  it.each([
    ['elements that never end', fill('<b>')],
    ['letters that begin anew in each paragraph', fill('<b><i><u><p>x')],
    ['end tags that end nothing', `${fill('<span><div>', quarter / 2)}${fill('</span></b>', quarter / 2)}`],
    [
      'letters ended within blocks',
      `${fill('<b>', quarter / 3)}${fill('<div>', quarter / 3)}${fill('</b>', quarter / 3)}`,
    ],
    ['quotes in quotes', fill('<blockquote type=cite>x<br>', million)],
    ['tables in tables', fill('<table><tr><td>x')],
    ['tables beside words in tables', fill('<table><tr><td>a</td><td>b')],
    ['cells of one row', `<table><tr>${fill('<td>x')}`],
    ['links in links', fill('<a href=http://x.test/>x')],
    ['lists in lists', fill('<ul><li>x')],
    ['entities', fill('&amp;', million)],
    ['attributes', `<p ${Array.from({ length: 20_000 }, (_, at) => `a${at}=b`).join(' ')}>x`],
    ['declarations', `<p style="${fill('color:red;')}">x`],
    ['rules', `<style>${'.a{color:red}'.repeat(1_900)}</style>${fill('<b class=a>', 100_000)}x`],
    [
      'too many rules',
      `<style>${Array.from({ length: 9_000 }, (_, at) => `.a${at}{color:red}`).join('')}</style>x`,
    ],
    ['open brackets in styles', `<style>${fill('{', 190_000)}</style>x`],
    ['comments in styles', `<style>${fill('/*', 190_000)}</style>x`],
    ['line breaks', fill('<br>x')],
    ['comments', fill('<!--')],
  ])('of %s', (_, html) => {
    const processorMs = processorClock();
    const { lines } = htmlBody(`<p>before</p>${html}`);
    const { text, quoted, forwarded } = splitLines(lines, reply);
    expect(processorMs()).toBeLessThan(mostMs(html.length));
    expect(text + quoted).toContain('before');
    // A line shows at most 20 quote marks and 8 indents.
    expect(lines.reduce((sum, line) => sum + line.bare.length, 0)).toBeLessThan(textLimit * 9 + 1_000);
    expect((text + quoted + forwarded).length).toBeLessThan(textLimit * 24);
  });

  it('with styles that cost too much is nobody’s words', () => {
    const rules = Array.from({ length: 2_100 }, (_, at) => `.a${at}{display:none}`).join('');
    const { lines } = htmlBody(`<style>${rules}</style><p>/model opus</p>`);
    const { text, quoted } = splitLines(lines, { ...reply, reply: false });
    expect(text).toBe('');
    expect(quoted).toContain('/model opus');
  });
});

describe('text of 256 Ki characters, and of a quarter of that where it is no reply', () => {
  it.each([
    ['fields', 'a:\n'],
    ['headers without end', 'From: <a@b.test>\n'],
    ['attributions', 'x wrote:\n'],
    ['attributions on one line', 'On 2024 wrote '],
    ['quote marks', '>'],
    ['quotes and answers', '> a\nb\n'],
    ['at signs', '@'],
    ['rules', '--- a '],
    ['colons', ':'],
    ['marks of forwarding', 'forwarded message\n'],
    ['blank lines', '\n'],
    ['blanks', ' '],
  ])('of %s', (_, unit) => {
    for (const [thread, length] of [
      [reply, textLimit],
      [{ ...reply, reply: false }, textLimit / 4],
    ] as const) {
      const mail = `before\n${fill(unit, length)}end`;
      const processorMs = processorClock();
      const { text, quoted, forwarded } = splitQuoted(mail, thread);
      expect(processorMs()).toBeLessThan(mostMs(length));
      expect(text + quoted + forwarded).toContain('before');
      expect(text + quoted + forwarded).toContain('end');
    }
  });
});
