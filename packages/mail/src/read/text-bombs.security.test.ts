/** HTML and text made to cost: read to the end within the test's time, and bounded in what comes of it. */
import { describe, expect, it } from 'vitest';
import { textLimit } from './clean-text.ts';
import { htmlBody } from './html-body.ts';
import { splitLines, splitQuoted } from './split-quoted.ts';

const reply = { reply: true, forward: false, subject: 'report' };
const most = 1_000_000;
const fill = (unit: string, size = most) => unit.repeat(Math.floor(size / unit.length));

describe('HTML of a million characters', () => {
  it.each([
    ['elements that never end', fill('<b>')],
    ['letters that begin anew in each paragraph', fill('<b><i><u><p>x')],
    ['end tags that end nothing', `${fill('<span><div>', most / 2)}${fill('</span></b>', most / 2)}`],
    [
      'letters ended within blocks',
      `${fill('<b>', most / 3)}${fill('<div>', most / 3)}${fill('</b>', most / 3)}`,
    ],
    ['quotes in quotes', fill('<blockquote type=cite>x<br>')],
    ['tables in tables', fill('<table><tr><td>x')],
    ['tables beside words in tables', fill('<table><tr><td>a</td><td>b')],
    ['cells of one row', `<table><tr>${fill('<td>x')}`],
    ['links in links', fill('<a href=http://x.test/>x')],
    ['lists in lists', fill('<ul><li>x')],
    ['entities', fill('&amp;')],
    ['attributes', `<p ${Array.from({ length: 80_000 }, (_, at) => `a${at}=b`).join(' ')}>x`],
    ['declarations', `<p style="${fill('color:red;')}">x`],
    ['rules', `<style>${'.a{color:red}'.repeat(1_900)}</style>${fill('<b class=a>', 700_000)}x`],
    [
      'too many rules',
      `<style>${Array.from({ length: 9_000 }, (_, at) => `.a${at}{color:red}`).join('')}</style>x`,
    ],
    ['open brackets in styles', `<style>${fill('{', 190_000)}</style>x`],
    ['comments in styles', `<style>${fill('/*', 190_000)}</style>x`],
    ['line breaks', fill('<br>x')],
    ['comments', fill('<!--')],
  ])('of %s', { timeout: 60_000 }, (_, html) => {
    const { lines } = htmlBody(`<p>before</p>${html}`);
    const { text, quoted, forwarded } = splitLines(lines, reply);
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

describe('text of 256 Ki characters', () => {
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
  ])('of %s', { timeout: 60_000 }, (_, unit) => {
    const mail = `before\n${fill(unit, textLimit)}end`;
    for (const thread of [reply, { ...reply, reply: false }]) {
      const { text, quoted, forwarded } = splitQuoted(mail, thread);
      expect(text + quoted + forwarded).toContain('before');
      expect(text + quoted + forwarded).toContain('end');
    }
  });
});
