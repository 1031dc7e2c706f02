import { fuzzRuns, fuzzTimeout } from '@tinyfat/testing/fuzz-runs';
import { processorClock } from '@tinyfat/testing/processor-ms';
import fc from 'fast-check';
import { Parser } from 'htmlparser2';
import { describe, expect, it } from 'vitest';
import { hostileMail } from '../test-support/mail-fuzz.ts';
import { message } from '../test-support/messages.ts';
import { realMails } from '../test-support/real-mails.ts';
import { pictureLimits } from './pictures.ts';
import { htmlLimits } from './safe-html.ts';
import { viewHtml } from './view-html.ts';
import { viewMail } from './view-mail.ts';
import { viewPart } from './view-parts.ts';

const mailOf = (html: string) =>
  message(['From: ann@example.com', 'Content-Type: text/html; charset=utf-8'], html);
const shown = (html: string) => {
  const viewed = viewHtml(mailOf(html));
  if (!viewed.ok) throw new Error(viewed.reason);
  return viewed.answer;
};
const trimmed = (html: string) => shown(html).html.trim();

/** What a parser sees in the HTML that would do something. */
function dangers(html: string): string[] {
  const found: string[] = [];
  const attributes = new Set(
    'style align valign dir lang width height border cellpadding cellspacing nowrap colspan rowspan start type bgcolor color face size href title target rel src alt class'.split(
      ' ',
    ),
  );
  const parser = new Parser({
    onopentag(name, attribs) {
      if (/^(?:script|style|iframe|object|embed|base|meta|link|form|input|svg|math|template)$/.test(name))
        found.push(name);
      for (const [attribute, value] of Object.entries(attribs)) {
        if (!attributes.has(attribute)) found.push(attribute);
        if (attribute === 'src' && !/^data:image\/(?:png|jpeg|gif|webp);base64,/.test(value))
          found.push(value);
        if (attribute === 'href' && !/^(?:https?|mailto):/.test(value)) found.push(value);
        if (attribute === 'style' && /url|@|\\|expression|image-set|var\(/i.test(value)) found.push(value);
      }
    },
  });
  parser.end(html);
  return found;
}

describe('the HTML of a hostile mail', () => {
  it.each([
    ['a script', 'a<script>alert(1)</script>b', 'ab'],
    ['a script in pieces', '<scr<script>x</script>ipt>alert(1)</script>', 'xipt&gt;alert(1)'],
    ['a handler', '<p onclick="alert(1)" ONLOAD=x>a</p>', '<p>a</p>'],
    ['a remote picture', '<img src="https://t.test/p.png">', ''],
    ['a remote picture with words', '<img src=//t.test/p alt="a<b">', '<span class="left-out">a&lt;b</span>'],
    [
      'pictures for every screen',
      '<picture><source srcset="https://t.test/a 1x"><img srcset=//t.test/b></picture>',
      '',
    ],
    [
      'a background',
      '<table background="https://t.test/b"><tr><td>x</table>',
      '<table><tr><td>x</td></tr></table>',
    ],
    [
      'a style that fetches',
      '<p style="color:red;background:url(https://t.test)">a</p>',
      '<p style="color:red">a</p>',
    ],
    ['a style with escapes', '<p style="background:u\\72l(//t.test);color:\\72 ed">a</p>', '<p>a</p>'],
    ['a style with a comment', '<p style="background:u/**/rl(//t.test)">a</p>', '<p>a</p>'],
    ['sets of pictures in a style', `<p style="background:image-set('//t.test/a' 1x)">a</p>`, '<p>a</p>'],
    [
      'a style that covers',
      '<p style="position:fixed;top:0;z-index:9;width:9px">a</p>',
      '<p style="width:9px">a</p>',
    ],
    ['a style sheet', '<style>@import "//t.test"; body{background:url(//t.test)}</style>a', 'a'],
    ['a link to a style sheet', '<link rel=stylesheet href=//t.test>a', 'a'],
    ['a refresh', '<meta http-equiv=refresh content="0;url=https://t.test">a', 'a'],
    ['a base', '<base href="https://t.test/"><a href="x">a</a>', '<a>a</a>'],
    ['svg', '<svg onload=alert(1)><image href=//t.test/><p>x</p></svg>b', 'b'],
    ['mathml', '<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>b', 'b'],
    [
      'a frame',
      '<iframe srcdoc="<script>x</script>">in</iframe><embed src=//t.test><object data=//t.test>o</object>b',
      'b',
    ],
    ['a form', '<form action=//t.test><input name=p><button formaction=//t.test>Go</button></form>', 'Go'],
    ['a link that runs', '<a href="java\nscript:alert(1)">a</a>', '<a>a</a>'],
    ['a link of data', '<a href="data:text/html,<script>x</script>">a</a>', '<a>a</a>'],
    ['a ping', '<a ping=//t.test download target=_top>a</a>', '<a>a</a>'],
    [
      'a picture that is markup',
      `<img src="data:image/png;base64,${Buffer.from('<svg onload=x>').toString('base64')}">`,
      '',
    ],
    ['a picture of svg', '<img src="data:image/svg+xml,<svg onload=alert(1)>">', ''],
    ['a title that never ends', 'a<title>b<p>c', 'a'],
    [
      'markup in a noscript',
      '<noscript><p title="</noscript><img src=x onerror=alert(1)>">a</noscript>',
      '<p>a\r\n</p>',
    ],
    ['a comment that ends early', '<!--><img src=x onerror=alert(1)>-->', '--&gt;'],
    ['quotes in a font', `<font face="a'b" color='x" onclick="y'>a</font>`, '<font face="a&#39;b">a</font>'],
    ['a template', '<template><img src=//t.test></template>a', 'a'],
    ['names of elements of another kind', '<x-y onclick=x>a</x-y><?php x ?><![CDATA[b]]>', 'a'],
  ])('of %s is harmless', (_, html, expected) => {
    expect(trimmed(html)).toBe(expected);
  });

  it('sends links to the web into a window that knows nothing of ours', () => {
    expect(trimmed('<a href=" HTTPS://example.com/?a=1&b=%22 " target=_top rel=opener>a</a>')).toBe(
      '<a href="https://example.com/?a=1&amp;b=%22" title="https://example.com/?a=1&amp;b=%22" target="_blank" rel="noopener noreferrer nofollow">a</a>',
    );
  });

  it('counts what was left out', () => {
    expect(shown('<img src=//a><td background=//b><img src="cid:none">').picturesLeftOut).toBe(3);
  });

  it.each([
    ['elements within one another', '<div><b>'.repeat(100_000)],
    ['elements', '<p>x'.repeat(200_000)],
    ['characters that grow', '&amp;'.repeat(190_000) + '"'.repeat(800_000)],
    ['attributes', `<p ${'a=b '.repeat(200_000)}>x`],
    ['styles', `<p style="${'color:red;'.repeat(90_000)}">x`],
    ['end tags', '</p></div>'.repeat(90_000)],
  ])('of too many %s ends within bounds', (_, html) => {
    const processorMs = processorClock();
    const { html: written } = shown(html.replace(/(.{900})/g, '$1\n'));
    expect(processorMs()).toBeLessThan(4_000);
    expect(written.length).toBeLessThan(htmlLimits.characters + 200_000);
    expect(dangers(written)).toEqual([]);
  });

  it('holds no more of one picture, shown again and again, than the limit', () => {
    const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(1_000_000)]);
    const raw = message(
      ['Content-Type: multipart/related; boundary=b'],
      [
        `--b\r\nContent-Type: text/html\r\n\r\n${'<img src="cid:a">\r\n'.repeat(1_000)}`,
        `--b\r\nContent-Type: image/png\r\nContent-ID: <a>\r\nContent-Transfer-Encoding: base64\r\n`,
        `${png.toString('base64').replace(/(.{76})/g, '$1\r\n')}\r\n--b--`,
      ].join('\r\n'),
    );
    const viewed = viewHtml(raw);
    expect(viewed.ok && viewed.answer.html.length).toBeLessThan(pictureLimits.characters + 100_000);
    expect(viewed.ok && viewed.answer.picturesLeftOut).toBe(996);
  });

  it('is refused where it is nested beyond all mails', () => {
    const deep = Array.from(
      { length: 60 },
      (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}`,
    );
    for (const view of [viewMail, viewHtml]) {
      expect(view(Buffer.from(deep.join('\r\n')))).toMatchObject({ ok: false, code: 'unreadable' });
      expect(view(Buffer.from('\n'.repeat(200_000)))).toMatchObject({ ok: false, code: 'too_complex' });
    }
  });

  it('lists so many parts and headers and no more', () => {
    const raw = message(
      [
        ...Array.from({ length: 1_000 }, (_, n) => `X-${n}: \u202e${'y'.repeat(400)}`),
        'Content-Type: multipart/mixed; boundary=b',
      ],
      '--b\r\n\r\nx\r\n'.repeat(1_000),
    );
    const viewed = viewMail(raw);
    expect(viewed).toMatchObject({ ok: true, answer: { headersCut: true, partsCut: true } });
    const { headers, parts } = viewed.ok ? viewed.answer : { headers: [], parts: [] };
    expect([headers.length, parts.length]).toEqual([expect.any(Number), 201]);
    expect(JSON.stringify(headers).length).toBeLessThan(120_000);
    expect(JSON.stringify(headers)).not.toContain('\u202e');
  });
});

it('nothing dangerous comes of any mail, and nothing throws', fuzzTimeout(200, 300), () => {
  const raws = [...realMails];
  fc.assert(
    fc.property(hostileMail(raws), (raw) => {
      const html = viewHtml(raw);
      if (html.ok) expect(dangers(html.answer.html)).toEqual([]);
      viewMail(raw);
      viewPart(raw, 1);
    }),
    fuzzRuns(200),
  );
});

it('nothing dangerous comes of any HTML', fuzzTimeout(500, 50), () => {
  const pieces = fc.constantFrom(
    ...[
      '<',
      '>',
      '"',
      "'",
      '/',
      '=',
      ' ',
      '-->',
      '<!--',
      'script',
      'style',
      'svg',
      'img',
      'src',
      'onerror',
      'x',
    ],
    ...[
      '<a href=',
      'javascript:',
      '<p style="',
      'url(',
      '<title>',
      '</title>',
      '<textarea>',
      '<math>',
      '&lt;',
    ],
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
      expect(dangers(shown(parts.join('')).html)).toEqual([]);
    }),
    fuzzRuns(500),
  );
});
