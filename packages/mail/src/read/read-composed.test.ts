import { describe, expect, it } from 'vitest';
import { compose } from '../compose/compose.ts';
import { outgoing } from '../test-support/outgoing.ts';
import { readComposed } from './read-composed.ts';

async function readBack(change: Parameters<typeof outgoing>[0]) {
  const mail = outgoing(change);
  const composed = await compose(mail, false);
  if (!composed.ok) throw new Error(composed.reason);
  const read = await readComposed(composed.raw);
  if (!read.ok) throw new Error(read.reason);
  return { mail, raw: composed.raw, content: read.mail };
}

const MAILS = {
  'an answer': {},
  'odd characters in all headers': {
    from: { address: 'bot@agents.test', name: 'Späher, "B"' },
    to: [
      { address: 'ann@example.com', name: 'Ann, A. <x@y.example>' },
      { address: 'bob@example.com', name: '' },
    ],
    cc: [{ address: 'cleo@example.com', name: 'Cleo' }],
    replyTo: { address: 'bot+secret@agents.test', name: 'Bot' },
    subject: `Re: ${'größer und größer '.repeat(12)}=?utf-8?q?x?=`.trim(),
    references: Array.from({ length: 20 }, (_, at) => `<id-${at}-${'x'.repeat(20)}@example.com>`),
  },
  'a mail of its own': {
    inReplyTo: null,
    references: [],
    footer: null,
    autoSubmitted: 'auto-generated' as const,
  },
  'a body of odd lines': {
    body: '\n> quoted\n\n---\nnot a footer\n  \n-- \nFrom here\n.\ttab\n= ü “q” 🙂 \n\n\n    code',
  },
  files: {
    attachments: [
      { filename: 'a.txt', contentType: null, content: new TextEncoder().encode('text of a file') },
      {
        filename: 'naïve "x" 1.pdf',
        contentType: 'application/pdf',
        content: new Uint8Array([0, 13, 10, 255]),
      },
      { filename: 'mail.eml', contentType: null, content: new TextEncoder().encode('Subject: x\r\n\r\ny') },
      { filename: 'page.html', contentType: null, content: new TextEncoder().encode('<p>x</p>') },
    ],
  },
} satisfies Record<string, Parameters<typeof outgoing>[0]>;

describe('a message of ours', () => {
  it.each(Object.entries(MAILS))('says what it was made of: %s', async (_, change) => {
    const { mail, content } = await readBack(change);
    const { from, to, cc, replyTo, subject, inReplyTo, references, autoSubmitted } = mail;
    expect(content).toMatchObject({
      ...{ from, to, cc, replyTo, subject, inReplyTo, references, autoSubmitted },
      text: mail.footer === null ? mail.body : `${mail.body}\n\n---\n${mail.footer}`,
    });
    expect(content.attachments.map(({ filename, content: bytes }) => [filename, [...bytes]])).toEqual(
      mail.attachments.map(({ filename, content: bytes }) => [filename, [...bytes]]),
    );
  });

  it.each(Object.entries(MAILS))('is the same again when it is composed of that: %s', async (_, change) => {
    const { mail, raw, content } = await readBack(change);
    const { html: _html, text: _text, ...again } = content;
    const composed = await compose({ ...mail, ...again }, false);
    expect(composed.ok && Buffer.from(composed.raw).toString('latin1')).toBe(
      Buffer.from(raw).toString('latin1'),
    );
  });
});
