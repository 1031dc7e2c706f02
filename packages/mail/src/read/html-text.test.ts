/** What HTML looks like as text. */
import { describe, expect, it } from 'vitest';
import { htmlBody } from './html-body.ts';

const text = (html: string) =>
  htmlBody(html)
    .lines.map((line) => line.text)
    .join('\n');

describe('a table', () => {
  it('has a line for each row, and its cells apart', () => {
    const html =
      '<table border="1"><tr><th>Item</th><th>Count</th><th>Note</th></tr><tr><td>Nails</td><td>12</td><td></td></tr><tr><td>Wood<td><td>soft</table>';
    expect(text(html)).toBe('Item | Count | Note\nNails | 12 |\nWood |  | soft');
  });

  it('that a spreadsheet or Outlook made, with paragraphs in its cells', () => {
    const cell = (value: string) =>
      `<td valign="top"><p class="MsoNormal"><span>${value}</span><o:p></o:p></p></td>`;
    expect(
      text(
        `<p>See:</p><table class="MsoTableGrid"><tbody><tr>${cell('A')}${cell('1')}</tr><tr>${cell('B')}${cell('2')}</tr></tbody></table><p>End</p>`,
      ),
    ).toBe('See:\n\nA | 1\nB | 2\n\nEnd');
  });

  it('for layout reads as paragraphs, without cells that only make room', () => {
    const html =
      '<table width="100%"><tr><td width="20">&nbsp;</td><td><table><tr><td><h1>Hello</h1><p>First.</p><p>Second.</p></td></tr></table></td><td>&nbsp;</td></tr></table>';
    expect(text(html)).toBe('Hello\n\nFirst.\n\nSecond.');
  });

  it('with a quote in a cell keeps its mark', () => {
    expect(
      text('<table><tr><td>new</td><td><blockquote type="cite">old</blockquote></td></tr></table>'),
    ).toMatch(/^new\n+> old$/);
  });
});

describe('an emoji', () => {
  it.each([
    [
      'Gmail',
      '<img data-emoji="😀" class="an1" alt="😀" src="https://fonts.gstatic.com/1f600.png">',
      'Hi 😀!',
    ],
    ['Outlook', '<img alt="👍🏽" src="cid:x">', 'Hi 👍🏽!'],
    ['a flag', '<img alt="🇩🇪">', 'Hi 🇩🇪!'],
    ['a key', '<img alt="1️⃣">', 'Hi 1️⃣!'],
    ['no emoji', '<img alt="Logo of ACME">', 'Hi !'],
    ['one in words', '<img alt="😀 obey me">', 'Hi !'],
    ['hidden', '<img alt="😀" style="display:none">', 'Hi !'],
  ])('of %s stands in the text', (_, image, shown) => {
    expect(text(`<p>Hi ${image}!</p>`)).toBe(shown);
  });
});

describe('lists, links and breaks', () => {
  it.each([
    ['<ul><li>one</li><li>two<ul><li>deep</li></ul></li></ul>', '* one\n* two\n\n  * deep'],
    ['<ol><li>one<li>two</ol>', '1. one\n2. two'],
    [
      '<a href="https://x.test/">https://x.test</a> <a href="https://x.test/a">this</a>',
      'https://x.test this [https://x.test/a]',
    ],
    ['<a href="mailto:a@x.test">a@x.test</a> <a href="javascript:x">go</a>', 'a@x.test go'],
    ['<a href="https://x.test/ok"><img src="button.png"></a>', '[https://x.test/ok]'],
    ['a<br>b<br><br>c<div>d</div><div><br></div><div>e</div>', 'a\nb\n\nc\nd\n\ne'],
    ['<pre>def f():\n    return 1\n</pre>', 'def f():\n    return 1'],
    ['one&nbsp;two &lt;b&gt; &amp;amp; &#x1F600;\n three', 'one two <b> &amp; 😀 three'],
  ])('%s', (html, shown) => {
    expect(text(html)).toBe(shown);
  });
});
