/** Whatever a mail is made of, each word that a reader sees lands in exactly one part, and no other word in any. */

import { fuzzRuns } from '@tinyfat/testing/fuzz-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { htmlBody } from './html-body.ts';
import { splitLines, splitQuoted, type ThreadHints } from './split-quoted.ts';

const threads: ThreadHints[] = [
  { reply: true, forward: false, subject: 'report' },
  { reply: false, forward: true, subject: 'report' },
  { reply: false, forward: false, subject: 'report' },
];
const wordsOf = (text: string) => (text.match(/w\d+x/g) ?? []).sort();

/** Blocks as mail programs and people make them; each `@` becomes a word. */
const shownBlocks = fc.constantFrom(
  '<p>@ @</p>',
  '<div>@<br>@</div>',
  '<div class="gmail_quote"><div class="gmail_attr">On Mon, 2024 @ &lt;a@b.test&gt; wrote:</div><blockquote class="gmail_quote">@</blockquote>@</div>',
  '<div class="gmail_attr">---------- Forwarded message ---------<br>From: @ &lt;a@b.test&gt;</div>',
  '<blockquote type="cite">@<blockquote>@</blockquote></blockquote>',
  '<blockquote style="margin:0 0 0 40px;border:none">@</blockquote>',
  '<table border="1"><tr><th>@</th><td>@</td><td></td></tr><tr><td><p>@</p><p>@</p></td><td>@</td></tr></table>',
  '<table><tr><td>@<td><ul><li>@<li>@</ul></table>',
  '<div id="divRplyFwdMsg"><b>From:</b> @<br><b>Sent:</b> @</div>',
  '<div style="border-top:solid 1pt"><b>Von:</b> @ &lt;a@b.test&gt;<br><b>Gesendet:</b> 2024<br><b>An:</b> @<br><b>Betreff:</b> Report</div>',
  '<b><i><p>@</b>@</i></p>',
  '<font><blockquote type="cite">@</font>@</blockquote>',
  '<pre>@\n  @</pre>',
  '<ol><li>@<ol><li>@</ol></ol>@',
  '<p>-- <br>@</p>',
  '@ &amp; @ <hr> @',
  '<div class="moz-cite-prefix">@ wrote:</div>',
  '<a href="https://x.test/">@</a>',
);
const hiddenBlocks = fc.constantFrom(
  '<div style="display:none"><p>@</p><blockquote type="cite">@</blockquote></div>',
  '<p class="h">@</p>',
  '<font color="#fff">@</font>',
  '<template>@</template><!-- @ --><title>@</title>',
  '<table style="font-size:0"><tr><td>@</td></tr></table>',
  '<span hidden>@</span>',
  '<p style="opacity:0"><b>@</p></b>',
);

describe('each word that is seen', () => {
  it('lands in exactly one part of an HTML mail, and none that is hidden', () => {
    const blocks = fc.array(
      fc.oneof(
        { weight: 3, arbitrary: shownBlocks.map((html) => ({ html, seen: true })) },
        { weight: 1, arbitrary: hiddenBlocks.map((html) => ({ html, seen: false })) },
      ),
      { maxLength: 14 },
    );
    fc.assert(
      fc.property(blocks, (chosen) => {
        let count = 0;
        const seen: string[] = [];
        const named = chosen.map(({ html, seen: isSeen }) =>
          html.replace(/@(?!b\.test)/g, () => {
            count += 1;
            if (isSeen) seen.push(`w${count}x`);
            return `w${count}x`;
          }),
        );
        const { lines } = htmlBody(`<style>.h{display:none}</style>${named.join('\n')}`);
        for (const thread of threads) {
          const { text, quoted, forwarded } = splitLines(lines, thread);
          expect(wordsOf([text, quoted, forwarded].join('\n'))).toEqual(seen.sort());
        }
      }),
      fuzzRuns(200),
    );
  });

  it('lands in exactly one part of a plain mail', () => {
    const line = fc.constantFrom(
      '@ @ @',
      '> @',
      '>> @ @',
      '',
      '-- ',
      '---------- Forwarded message ---------',
      '-----Original Message-----',
      'Begin forwarded message:',
      'From: @ <a@b.test>',
      'Fra: @ <a@b.test>',
      'Sendt: 1. 1. 2024 10:00',
      'To: @',
      'Subject: Report',
      '________________',
      'On Mon, Jan 1, 2024 at 10:00 @ <a@b.test> wrote:',
      '@ <a@b.test>',
      'wrote:',
      '2024 @:',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 25 }), (chosen) => {
        let count = 0;
        const mail = chosen.join('\n').replace(/@(?!b\.test)/g, () => {
          count += 1;
          return `w${count}x`;
        });
        for (const thread of threads) {
          const { text, quoted, forwarded } = splitQuoted(mail, thread);
          expect(wordsOf([text, quoted, forwarded].join('\n'))).toEqual(wordsOf(mail));
        }
      }),
      fuzzRuns(500),
    );
  });

  it('below a mark of forwarding is never the sender’s, whatever stands there', () => {
    const below = fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { maxLength: 10 });
    fc.assert(
      fc.property(below, fc.boolean(), (rest, reply) => {
        const mail = ['Mine.', '', '---------- Forwarded message ---------', 'From: x', ...rest].join('\n');
        const thread = { reply, forward: !reply, subject: '' };
        expect(splitQuoted(mail, thread).text).toBe('Mine.');
      }),
      fuzzRuns(100),
    );
  });
});
