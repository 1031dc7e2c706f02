import { describe, expect, it } from 'vitest';
import { message } from '../test-support/messages.ts';
import { headerBlock } from './header-block.ts';
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
