import { describe, expect, it } from 'vitest';
import { htmlBody, withoutTags } from './html-body.ts';
import { splitLines } from './split-quoted.ts';

const words = (text: string) => text.replace(/\s+/g, ' ').trim();
function parts(html: string) {
  const { text, quoted, forwarded } = splitLines(htmlBody(html).lines, {
    reply: true,
    forward: false,
    subject: '',
  });
  return { text: words(text), quoted: words(quoted), forwarded: words(forwarded) };
}

describe('htmlBody', () => {
  it.each([
    [
      'Gmail',
      '<div dir="ltr">Do it.</div><br><div class="gmail_quote"><div class="gmail_attr">On Mon, Bot wrote:</div><blockquote>old</blockquote></div>',
    ],
    ['Apple Mail', '<html><body>Do it.<br><blockquote type="cite">old</blockquote></body></html>'],
    [
      'Outlook',
      '<html><head></head><body><div>Do it.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">From: Bot</div><div>old</div></body></html>',
    ],
    ['Yahoo', '<div>Do it.</div><div class="yahoo_quoted"><div>old</div></div>'],
    [
      'Thunderbird',
      '<p>Do it.</p><div class="moz-cite-prefix">Bot wrote:</div><blockquote type="cite"><p>old</p></blockquote>',
    ],
  ])('parts the quote of %s', (_, html) => {
    const { text, quoted } = parts(html);
    expect(text).toBe('Do it.');
    expect(quoted).toContain('old');
  });

  it('gives a forwarded message whole', () => {
    const { text, forwarded } = parts(
      '<div>See below</div><div class="gmail_quote"><div>---------- Forwarded message ---------</div>From: x<blockquote>facts</blockquote></div>',
    );
    expect(text).toBe('See below');
    expect(forwarded).toMatch(/^---------- Forwarded message --------- From: x.*facts/);
  });

  it('gives a mail that is all a citation of its sender as text', () => {
    expect(parts('<blockquote>only this</blockquote>').text).toContain('only this');
  });

  it('shows links, lists and tables, and neither scripts nor styles', () => {
    const { text } = parts(
      '<style>p{}</style><script>evil()</script><p>See <a href="https://x.test/a">this</a></p><ul><li>one</li></ul><table><tr><td>cell</td></tr></table>',
    );
    expect(text).toMatch(/See this \[https:\/\/x\.test\/a\].*\* one.*cell/);
    expect(text).not.toMatch(/evil|p\{\}/);
  });

  it('does not lose what claims to be marked already', () => {
    expect(parts('<div data-taken="">kept</div>').text).toBe('kept');
  });

  it('survives very deep nesting', () => {
    expect(parts(`${'<div>'.repeat(20_000)}deep${'</div>'.repeat(20_000)}`).text).toBe('deep');
  });
});

describe('withoutTags', () => {
  it('keeps everything that is not a tag', () => {
    expect(words(withoutTags('a<b class="x>y">b</b> c < d'))).toBe('a y">b c');
  });
});
