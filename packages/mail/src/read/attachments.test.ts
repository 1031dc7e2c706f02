import { describe, expect, it } from 'vitest';
import type { MailContent } from '../contract/mail.ts';
import { multipartMessage, type TestPart } from '../test-support/files.ts';
import { message } from '../test-support/messages.ts';
import { readMail } from './read-mail.ts';

const from = ['From: ann@example.com', 'Subject: x', 'MIME-Version: 1.0'];
const hello: TestPart = { headers: ['Content-Type: text/plain; charset=utf-8'], content: 'hello' };

async function contentOf(raw: Uint8Array): Promise<MailContent> {
  const read = await readMail(raw, false);
  if (!read.ok) throw new Error(read.reason);
  return read.content;
}
const mixed = (...parts: TestPart[]) => contentOf(multipartMessage('mixed', [hello, ...parts]));
/** A multipart message as it came off the wire, with bytes that no encoding hides. */
const raw = (...lines: string[]) =>
  Buffer.from(
    [...from, 'Content-Type: multipart/mixed; boundary=b', '', ...lines, ''].join('\r\n'),
    'latin1',
  );
const names = ({ attachments }: MailContent) => attachments.map(({ filename }) => filename);
const texts = ({ attachments }: MailContent) =>
  attachments.map(({ content }) => Buffer.from(content).toString());

describe('a message in a message', () => {
  const inner = (subject: string) =>
    `From: x@y.test\r\n${subject}\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\ninner text\r\n--i\r\nContent-Type: application/pdf; name=inner.pdf\r\n\r\nx\r\n--i--\r\n`;

  it('is one attachment, whole, and no text of ours', async () => {
    const content = inner('Subject: Old plan');
    const headers = ['Content-Type: message/rfc822', 'Content-Disposition: inline'];
    const read = await mixed({ headers, content });
    expect(read.text).toBe('hello');
    expect(read.attachments).toMatchObject([
      { filename: 'Old plan.eml', contentType: 'message/rfc822', marks: ['nested_mail'] },
    ]);
    expect(texts(read)).toEqual([content]);
  });

  it.each([
    [
      'an encoded subject',
      'Subject: =?utf-8?q?Pl=C3=A4ne?=\r\n =?utf-8?q?_f=C3=BCr_morgen?=',
      'Pläne für morgen.eml',
    ],
    ['a folded subject', 'subject:\r\n Old\r\n\tplan', 'Old\tplan.eml'],
    ['no subject', 'X: Subject: y', null],
    ['an empty subject', 'Subject: ', null],
  ])('is named from %s', async (_, subject, name) => {
    const read = await mixed({ headers: ['Content-Type: message/rfc822'], content: inner(subject) });
    expect(names(read)).toEqual([name]);
  });

  it('keeps a name of its own', async () => {
    const headers = ['Content-Type: message/rfc822; name="fwd.eml"'];
    expect(names(await mixed({ headers, content: inner('Subject: y') }))).toEqual(['fwd.eml']);
  });

  it('does not take its subject from its body', async () => {
    const content = 'From: x@y.test\r\n\r\nSubject: body';
    expect(names(await mixed({ headers: ['Content-Type: message/rfc822'], content }))).toEqual([null]);
  });
});

describe('an invitation', () => {
  const calendar = 'BEGIN:VCALENDAR\nMETHOD:REQUEST\nEND:VCALENDAR\n';

  it('as Google sends it is the text and two files', async () => {
    const lines = [
      '--b',
      'Content-Type: multipart/alternative; boundary=a',
      '',
      '--a',
      'Content-Type: text/plain; charset=UTF-8; format=flowed; delsp=yes',
      '',
      'You have been invited.',
      '--a',
      'Content-Type: text/html; charset=UTF-8',
      '',
      '<p>You have been invited.</p>',
      '--a',
      'Content-Type: text/calendar; charset=UTF-8; method=REQUEST',
      'Content-Transfer-Encoding: 7bit',
      '',
      ...calendar.trim().split('\n'),
      '--a--',
      '--b',
      'Content-Type: application/ics; name="invite.ics"',
      'Content-Disposition: attachment; filename="invite.ics"',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(calendar).toString('base64'),
      '--b--',
    ];
    const read = await contentOf(raw(...lines));
    expect(read.text).toBe('You have been invited.');
    expect(names(read)).toEqual(['invite.ics', 'invite.ics']);
    expect(texts(read)).toEqual([calendar.trim().replaceAll('\n', '\r\n'), calendar]);
    expect(read.attachments.map(({ marks }) => marks)).toEqual([['calendar'], ['calendar']]);
  });

  it('as Outlook sends it, or as the whole mail, is a file', async () => {
    const headers = ['Content-Type: text/calendar; charset="utf-8"; method=REQUEST'];
    const alternative = await contentOf(
      multipartMessage('alternative', [hello, { headers, content: calendar }]),
    );
    expect(alternative.text).toBe('hello');
    expect(names(alternative)).toEqual(['invite.ics']);
    const alone = await contentOf(message([...from, ...headers], calendar));
    expect(names(alone)).toEqual(['invite.ics']);
  });
});

it('winmail.dat stays a file, with its mark', async () => {
  const headers = ['Content-Type: application/ms-tnef; name="winmail.dat"'];
  const read = await mixed({ headers, content: Buffer.from('789f3e220100', 'hex') });
  expect(read.attachments).toMatchObject([
    { filename: 'winmail.dat', detectedType: 'application/vnd.ms-tnef', marks: ['tnef'] },
  ]);
});

describe('names', () => {
  it.each([
    [
      'RFC 2231 in parts',
      "filename*0*=UTF-8''%C3%9Cber; filename*1*=sicht%20; filename*2=x.pdf",
      'Übersicht x.pdf',
    ],
    ['RFC 2231 in Latin-1', "filename*=iso-8859-1''%DCber.pdf", 'Über.pdf'],
    ['RFC 2231 that is broken', "filename*=UTF-8''%ZZa%C3%.pdf", expect.stringContaining('.pdf')],
    ['RFC 2231 in an unknown charset', "filename*=x-klingon''abc.pdf", 'abc.pdf'],
    ['RFC 2047 in parts', 'filename="=?utf-8?b?w5xiZXI=?=\r\n =?utf-8?q?sicht=2Epdf?="', 'Übersicht.pdf'],
    ['UTF-8 without encoding', 'filename="caf\xc3\xa9.pdf"', 'café.pdf'],
    ['Latin-1 without encoding', 'filename="caf\xe9.pdf"', 'café.pdf'],
    ['a quote without an end', 'filename="a.pdf', 'a.pdf'],
    ['none at all', 'x=y', null],
  ])('are read: %s', async (_, parameter, name) => {
    const lines = ['--b', 'Content-Type: application/pdf', `Content-Disposition: attachment; ${parameter}`];
    const read = await contentOf(raw(...lines, '', '%PDF-1.7', '--b--'));
    expect(names(read)).toEqual([name]);
  });
});

describe('what is broken', () => {
  it('a missing last boundary loses nothing', async () => {
    const read = await contentOf(
      raw('--b', 'Content-Type: text/plain', '', 'hello', '--b', 'Content-Type: application/pdf', '', '%PDF'),
    );
    expect(read.text).toBe('hello');
    expect(texts(read)).toEqual(['%PDF\r\n']);
  });

  it('base64 gives what can be read of it', async () => {
    const base64 = ['Content-Type: application/pdf', 'Content-Transfer-Encoding: base64'];
    const read = await contentOf(raw('--b', ...base64, '', 'JVB*&%ERi0\u00ff', '=x=', '--b--'));
    expect(texts(read)).toEqual(['%PDF-']);
  });

  it('an unknown encoding or charset gives the bytes as they are', async () => {
    const read = await contentOf(
      raw(
        '--b',
        'Content-Type: text/plain; charset=x-klingon',
        '',
        'h\xe9llo',
        '--b',
        'Content-Type: application/pdf',
        'Content-Transfer-Encoding: x-unknown',
        '',
        '%PDF',
        '--b--',
      ),
    );
    expect(read.text).toBe('héllo');
    expect(texts(read)).toEqual(['%PDF']);
  });

  it('empty attachments, with a body or without, are empty files', async () => {
    const type = 'Content-Type: application/pdf; name=a.pdf';
    const read = await contentOf(raw('--b', type, '', '--b', type, '--b--'));
    expect(read.attachments).toMatchObject([
      { filename: 'a.pdf', detectedType: null, marks: [] },
      { filename: 'a.pdf', detectedType: null, marks: [] },
    ]);
    expect(texts(read)).toEqual(['', '']);
  });

  it.each([';', 'text/foo run this at once', `image/${'x'.repeat(500)}`, 'image/', '"a/b"'])(
    'a type that is none is octets: %s',
    async (type) => {
      const headers = [`Content-Type: ${type}`, 'Content-Disposition: attachment'];
      expect((await mixed({ headers, content: 'x' })).attachments[0]?.contentType).toBe(
        type === '"a/b"' ? 'a/b' : 'application/octet-stream',
      );
    },
  );

  it('a Content-ID of any length or kind is none, or clean', async () => {
    const part = (id: string) => ({
      headers: ['Content-Type: image/png', `Content-ID: ${id}`],
      content: 'x',
    });
    const read = await mixed(part(`<${'a'.repeat(5000)}>`), part('<>'), part('<a\x07b@c>'));
    expect(read.attachments.map(({ contentId }) => contentId)).toEqual([null, null, 'ab@c']);
  });
});
