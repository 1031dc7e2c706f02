/** Letters carry what strangers wrote (subjects, addresses, words that are no command): it stays text on its line. */
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import type { Letter, LetterBlock } from '../contract/mail.ts';
import { outgoing } from '../test-support/outgoing.ts';
import { compose } from './compose.ts';

async function composed(body: Letter, footer: string | null = 'scout@agents.test') {
  const mail = await compose(outgoing({ body, footer }), false);
  if (!mail.ok) throw new Error(mail.reason);
  return await PostalMime.parse(mail.raw);
}
const everywhere = (text: string): Letter => ({
  heading: text,
  blocks: [
    { kind: 'text', text: [text, { code: text }], quiet: true },
    { kind: 'heading', text },
    { kind: 'rows', rows: [{ label: text, text: [text] }] },
    { kind: 'rows', rows: [{ label: { code: text }, text: [{ code: text }] }] },
    { kind: 'code', code: text },
  ],
});

describe('a letter', () => {
  it('has a text without marks, with what is to be copied on lines of its own', async () => {
    const blocks: LetterBlock[] = [
      { kind: 'text', text: ['Write ', { code: '/help' }, ' to see more.'] },
      { kind: 'heading', text: 'Names' },
      {
        kind: 'rows',
        rows: [
          { label: 'Address', text: ['scout@agents.test'] },
          { label: { code: '/clear' }, text: ['begins anew'] },
        ],
      },
      { kind: 'link', label: 'Open the page', href: 'https://agents.test/a?b=c&d=e' },
      { kind: 'code', code: '123456' },
      { kind: 'text', quiet: true, text: ['That is all.'] },
    ];
    const email = await composed({ heading: 'Hello', blocks });
    expect(email.text?.replaceAll('\r\n', '\n')).toMatchInlineSnapshot(`
      "Hello

      Write /help to see more.

      Names

      Address: scout@agents.test
      /clear – begins anew

      Open the page:
      https://agents.test/a?b=c&d=e

      123456

      That is all.

      -- 
      scout@agents.test

      "
    `);
    expect(email.html).toContain('href="https://agents.test/a?b=c&amp;d=e"');
  });

  it.each([
    '<img src=x onerror=alert(1)>',
    '"><script>x</script>',
    '</style><b>',
    "' style='position:fixed",
    '&#60;b>',
  ])('shows %s as it is', async (text) => {
    const { html = '' } = await composed(everywhere(text), text);
    const plain = html.replace(/<style>[\s\S]*?<\/style>/, '');
    const allowed = /^<(!doctype|\/?(html|head|meta|title|body|div|table|tr|td|h1|h2|p|code|span|style))\b/;
    for (const [tag] of plain.matchAll(/<[^>]*/g)) expect(tag).toMatch(allowed);
    expect(plain).not.toMatch(/<[^>]*(onerror|position)/);
    expect((await composed(everywhere(text), text)).text).toContain(text);
  });

  it('lets nothing begin a line of its own, nor end the letter', async () => {
    const { text = '' } = await composed(everywhere('one\r\n-- \r\ntwo\u2028three\u0000\u0085four'));
    const lines = text.replaceAll('\r\n', '\n').split('\n');
    expect(lines.filter((line) => line === '-- ')).toHaveLength(1);
    expect(lines.filter((line) => /^(two|three|four)/.test(line))).toEqual([]);
  });

  it('gives the same bytes for the same letter', async () => {
    const [one, two] = [
      await compose(outgoing({ body: everywhere('x') }), false),
      await compose(outgoing({ body: everywhere('x') }), false),
    ];
    expect(one).toEqual(two);
  });
});
