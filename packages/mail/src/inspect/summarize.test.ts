import { describe, expect, it } from 'vitest';
import { headerBlock } from '../mime/header-block.ts';
import { message } from '../test-support/messages.ts';
import { summarize } from './summarize.ts';

const summary = (headers: string[]) => summarize(headerBlock(message(headers)), 'ann@example.com');

describe('summarize', () => {
  it('reads what the rules need', async () => {
    expect(
      await summary([
        'From: =?utf-8?q?Ann_=C3=84?= <ann@example.com>',
        'To: Team: bot@agents.test, "B, C" <b@agents.test>;',
        'Cc: c@example.com',
        'Subject: =?utf-8?b?R3LDvMOfZQ==?= there',
        'Date: Mon, 1 Jan 2024 01:00:00 +0100',
        'Message-ID: <one@example.com>',
        'In-Reply-To: <zero@agents.test> (yours)',
        'References: <a@x>',
        ' <b@x> junk <zero@agents.test>',
      ]),
    ).toEqual({
      from: { ok: true, address: 'ann@example.com', name: 'Ann Ä' },
      to: [
        { address: 'bot@agents.test', name: '' },
        { address: 'b@agents.test', name: 'B, C' },
      ],
      cc: [{ address: 'c@example.com', name: '' }],
      subject: 'Grüße there',
      date: 1_704_067_200_000,
      messageId: '<one@example.com>',
      inReplyTo: '<zero@agents.test>',
      references: ['<a@x>', '<b@x>', '<zero@agents.test>'],
      fieldCounts: { to: 1, cc: 1, date: 1 },
      automatic: [],
      perhapsAutomatic: [],
    });
  });

  it('has nothing for what is not there or malformed', async () => {
    expect(await summary(['Subject: x', 'Message-ID: no brackets', 'Date: someday'])).toMatchObject({
      from: { ok: false, code: 'from_missing' },
      date: null,
      messageId: null,
      inReplyTo: null,
      references: [],
    });
  });

  it('threads ids as programs write them: without brackets, long, as encoded words', async () => {
    const long = `<${'a'.repeat(400)}@example.com>`;
    expect(
      await summary([
        'From: ann@example.com',
        'Message-ID: one@example.com',
        `In-Reply-To: ${long}`,
        'References: a@x b@x',
      ]),
    ).toMatchObject({ messageId: '<one@example.com>', inReplyTo: long, references: ['<a@x>', '<b@x>'] });
    expect(
      await summary([
        'From: ann@example.com',
        'Message-ID: <one@example.com> (comment)',
        'In-Reply-To: Your message of Monday to ann@example.com',
        'References: =?utf-8?q?=3Ca=40x=3E?= =?utf-8?q?_=3Cb=40x=3E?=',
      ]),
    ).toMatchObject({ messageId: '<one@example.com>', inReplyTo: null, references: ['<a@x>', '<b@x>'] });
  });

  it.each([
    ['words of one charset in any spelling', '=?utf-8?q?Gr=C3?= =?UTF-8?B?vMOfZQ==?=', 'X: x', 'Grüße'],
    ['raw UTF-8', 'Gr\xc3\xbc\xc3\x9fe', 'X: x', 'Grüße'],
    ['raw Latin-1', 'Gr\xfc\xdfe', 'X: x', 'Grüße'],
    [
      'raw bytes in the charset of the body',
      '\xf0\xd2\xc9',
      'Content-Type: text/plain; charset=koi8-r',
      'При',
    ],
  ])('reads a subject of %s', async (_, subject, other, text) => {
    const block = Buffer.from(`From: ann@example.com\r\nSubject: ${subject}\r\n${other}\r\n\r\n`, 'latin1');
    expect(summarize(block, 'ann@example.com').subject).toBe(text);
  });

  it('names nobody where there are several From fields', async () => {
    expect((await summary(['From: ann@example.com', 'from : eve@evil.test'])).from).toMatchObject({
      code: 'from_several',
    });
  });

  it('keeps line breaks of encoded words out of the subject', async () => {
    expect((await summary(['Subject: =?utf-8?q?a=0D=0ABcc:_x?='])).subject).toBe('a Bcc: x');
  });

  it('counts every field that says to whom and when, however it is written', async () => {
    expect(
      await summary(['To: a@x.test', 'TO : b@x.test', 'To\r\n : c@x.test', 'Subject: x\rDate: y', 'Date: z']),
    ).toMatchObject({ fieldCounts: { to: 3, cc: 0, date: 2 } });
    expect(await summary([' Cc: a@x.test', 'Cc: b@x.test'])).toMatchObject({
      fieldCounts: { to: 0, cc: 2, date: 0 },
    });
  });
});
