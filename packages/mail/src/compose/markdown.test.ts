import { describe, expect, it } from 'vitest';
import { markdownToHtml } from './markdown.ts';

describe('markdownToHtml', () => {
  it('renders what agents write', () => {
    const html = markdownToHtml(
      '# Title\n\n**bold** `code`\nnext line\n\n1. one\n2. two\n\n- [x] done\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n```js\nx < 1\n```\n\n> quote',
    );
    for (const piece of [
      /<h1 style="[^"]+" dir="auto">Title/,
      /<strong>bold/,
      /<br \/>next line/,
      /<ol style=/,
      /☑ done/,
      /<td style="[^"]+" align="right" dir="auto">2/,
      /<pre style="[^"]+" dir="ltr"><code style="[^"]+" dir="ltr">x &lt; 1/,
      /<blockquote style=/,
    ]) {
      expect(html).toMatch(piece);
    }
  });

  it('lets each block run in the direction of its own text, and code from left to right', () => {
    const html = markdownToHtml(
      '# שלום\n\nمرحبا\n\n- אחד\n\n1. two\n\n> ציטוט\n\n| א | b |\n|---|---|\n| 1 | ג |\n\n```\nx\n```\n\n`y`\n\n<p dir="rtl">z</p>',
    );
    const tags = html.match(/<(?:p|h1|li|blockquote|th|td)[ >][^>]*/g) ?? [];
    expect(tags).toHaveLength(12);
    for (const tag of tags) expect(tag).toContain('dir="auto"');
    expect(html).toMatch(/<pre [^>]*dir="ltr"/);
    expect(html.match(/<code [^>]*dir="ltr"/g)).toHaveLength(2);
    expect(html).not.toContain('rtl');
    // A list has no direction of its own, so bullets need room on both sides.
    expect(html).toMatch(/<ul style="[^"]*padding:0 24px/);
  });

  it('sets no text or background colour that a dark theme could not live with', () => {
    expect(markdownToHtml('# a\n\n`b`\n\n> c\n\n| d |\n|---|\n| e |')).not.toMatch(
      /[;"]color:|background-color:#/,
    );
  });

  it('shows tags that are not allowed as the text that they are', () => {
    const html = markdownToHtml(
      'use <Box size="2"> or\n<script src="x"> here\n\n<div class="a">\nblock\n</div>\n\nand',
    );
    for (const piece of [
      '&lt;Box size="2"&gt; or',
      '&lt;script src="x"&gt; here',
      '&lt;div class="a"&gt;',
      'and</p>',
    ]) {
      expect(html).toContain(piece);
    }
    expect(markdownToHtml('a<br>b <b>bold</b>')).toMatch(/a<br \/>b <b>bold<\/b>/);
  });

  it('links an image instead of loading it', () => {
    const html = markdownToHtml('![chart](https://x.test/a.png)');
    expect(html).toContain('<a href="https://x.test/a.png">chart</a>');
    expect(html).not.toContain('<img');
  });
});
