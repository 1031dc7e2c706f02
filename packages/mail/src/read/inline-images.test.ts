import { safeFileNames } from '@tinyfat/core';
import { describe, expect, it } from 'vitest';
import { multipartMessage, type TestPart } from '../test-support/files.ts';
import { readMail } from './read-mail.ts';

const image = (id: string, name: string): TestPart => ({
  headers: [
    'Content-Type: image/png',
    `Content-ID: <${id}>`,
    `Content-Disposition: inline; filename="${name}"`,
  ],
  content: 'x',
});
const html = (content: string): TestPart => ({
  headers: ['Content-Type: text/html; charset=utf-8'],
  content,
});

async function read(...parts: TestPart[]) {
  const outcome = await readMail(multipartMessage('related', parts), false);
  if (!outcome.ok) throw new Error(outcome.reason);
  const { text, quoted, attachments } = outcome.content;
  return { text, quoted, attachments, dispositions: attachments.map(({ disposition }) => disposition) };
}

describe('an inline image', () => {
  it('is named in the text where it stands', async () => {
    const { text, dispositions } = await read(
      html('<p>Look:<img src="cid:a@x">and <img alt="b" src="CID:b@x"/>.</p><p>End</p>'),
      image('a@x', 'first.png'),
      image('b@x', 'second.png'),
      image('c@x', 'third.png'),
    );
    expect(text).toMatch(/^Look: \[image: first\.png\] and \[image: second\.png\] \.\s+End$/);
    expect(dispositions).toEqual(['inline', 'inline', 'attachment']);
  });

  it('has the name under which its file lies', async () => {
    const { text, attachments } = await read(
      html('<img src="cid:a"> <img src="cid:b"> <img src="cid:c">'),
      image('a', '../x.png'),
      image('b', 'y.png'),
      image('c', 'Y.png'),
    );
    const [first, second, third] = safeFileNames(attachments);
    expect(text).toBe(`[image: ${first}] [image: ${second}] [image: ${third}]`);
    expect(text).not.toContain('..');
  });

  it('of an encoded Content-ID is found, and one without a file is left out', async () => {
    const { text } = await read(
      html('x<img src="cid:a%25b%40x">y<img src="cid:none">z'),
      image('a%b@x', 'a.png'),
    );
    expect(text).toBe('x [image: a.png] yz');
  });

  it('in a quote stands in the quote', async () => {
    const { text, quoted } = await read(
      html('<p>new</p><blockquote type="cite">old <img src="cid:a"></blockquote>'),
      image('a', 'a.png'),
    );
    expect(text).toBe('new');
    expect(quoted).toContain('old [image: a.png]');
  });

  it('is not named in the plain text that the sender wrote', async () => {
    const plain = { headers: ['Content-Type: text/plain'], content: 'plain words' };
    const parts = [plain, html('<img src="cid:a">'), image('a', 'a.png')];
    const outcome = await readMail(multipartMessage('alternative', parts), false);
    expect(outcome).toMatchObject({ ok: true, content: { text: 'plain words' } });
    expect(outcome).toMatchObject({ content: { attachments: [{ disposition: 'inline', contentId: 'a' }] } });
  });

  it('can’t write HTML into the text by its name', async () => {
    const { text } = await read(html('<img src="cid:a">'), image('a', '<b>x</b>&lt;.png'));
    expect(text).toBe('[image: _b_x__b__lt_.png]');
  });
});
