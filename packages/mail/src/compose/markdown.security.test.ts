/** What an agent (or whoever wrote into its context) puts into Markdown must be harmless in a mail program. */
import { describe, expect, it } from 'vitest';
import { markdownToHtml } from './markdown.ts';

describe('hostile Markdown', () => {
  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '[x](//evil.test/a)',
    '<a href="vbscript:x">x</a>',
    '<p onclick="x()" style="position:fixed;top:0" class="a" id="b">x</p>',
    '<style>*{display:none}</style>',
    '<iframe src="https://evil.test"></iframe>',
    '<form action="https://evil.test"><input name=a></form>',
    '<svg onload=alert(1)>',
    '<base href="https://evil.test">',
    '<meta http-equiv="refresh" content="0;url=https://evil.test">',
    '![x](" onerror="alert(1))',
    '![a"><script>alert(1)</script>](x)',
    '<td background="https://evil.test/pixel">x</td>',
    '</div></body><h1>outside</h1>',
  ])('%s', (markdown) => {
    const html = markdownToHtml(markdown);
    const tags = html.match(/<[a-z/][^>]*>/gi) ?? [];
    for (const tag of tags) {
      expect(tag).not.toMatch(/<\/?(script|img|style|iframe|form|input|svg|base|meta|body|div)\b/i);
      expect(tag).not.toMatch(
        /\bon\w+\s*=|position|javascript:|vbscript:|data:|background="|class=|id=|href="\/\//i,
      );
    }
  });
});
