/** What comes over the wire is one message with one answer, whatever bytes it is made of. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DOMAIN, type Intake, letter, OWNER, startIntake } from '../support/intake.ts';

describe('bytes on the wire', () => {
  let intake: Intake;
  beforeAll(async () => {
    intake = await startIntake({
      agents: { scout: [] },
      trustedClients: ['127.0.0.0/8'],
      limits: { senderHour: 1000 },
    });
  });
  afterAll(() => intake?.dispose());

  /** A whole second mail behind a false end of the first. */
  const smuggled = (end: string) =>
    `From: ${OWNER}\r\nTo: scout@${DOMAIN}\r\nSubject: First\r\nMessage-ID: <${Math.random()}@x.example>\r\n\r\nfirst${end}` +
    `MAIL FROM:<evil@evil.example>\r\nRCPT TO:<scout@${DOMAIN}>\r\nDATA\r\nFrom: ${OWNER}\r\nSubject: Smuggled\r\n\r\nsecond`;

  it.each([
    ['LF . LF', '\n.\n'],
    ['CRLF . LF', '\r\n.\n'],
    ['LF . CRLF', '\n.\r\n'],
    ['CR . CR', '\r.\r'],
    ['CRLF . CR', '\r\n.\r'],
    ['LF . CR', '\n.\r'],
    ['CR . LF', '\r.\n'],
    ['CRLF NUL . CRLF', '\r\n\0.\r\n'],
    ['CRLF . NUL CRLF', '\r\n.\0\r\n'],
  ])('with the false end %s are one mail', async (_what, end) => {
    const before = (await intake.mails()).length;
    const session = intake.session();
    await session.reply();
    for (const line of ['EHLO x.example', `MAIL FROM:<${OWNER}>`, `RCPT TO:<scout@${DOMAIN}>`, 'DATA']) {
      await session.command(line);
    }
    session.write(Buffer.from(smuggled(end), 'latin1'));
    expect(await session.command('\r\n.')).toMatch(/^[25]/);
    expect(await session.command('NOOP')).toMatch(/^250/);
    session.end();
    const rows = (await intake.mails()).slice(before);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.subject).not.toBe('Smuggled');
    const raw = await intake.raw(rows[0] as (typeof rows)[0]);
    expect(raw.includes('second')).toBe(true);
  });

  it.each([
    ['NUL in a header', 'X-A: a\0b\r\n'],
    ['NUL in the subject field’s name', 'Sub\0ject: x\r\n'],
    ['a bare CR in a header', 'X-A: a\rb\r\n'],
    ['a bare LF in a header', 'X-A: a\nb\r\n'],
    ['eight-bit bytes that are no text', 'X-A: \xff\xfe\xc0\r\n'],
    ['a header without a name', ': x\r\n'],
    ['a header without a colon', 'nothing\r\n'],
  ])('with %s end in one verdict, kept as they came', async (_what, field) => {
    const before = (await intake.mails()).length;
    const raw = Buffer.concat([Buffer.from(field, 'latin1'), letter({})]);
    expect(await intake.send(raw)).toMatch(/^(250|550|554) /);
    const rows = (await intake.mails()).slice(before);
    expect(rows).toHaveLength(1);
    expect(await intake.raw(rows[0] as (typeof rows)[0])).toEqual(raw);
  });

  it('in the body may be anything', async () => {
    const body = Buffer.from(`\0\0a\rb\nc\xff\r\n`, 'latin1');
    const head = letter({}).toString('latin1').split('\r\n\r\n')[0];
    const raw = Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body]);
    expect(await intake.send(raw)).toMatch(/^250/);
    expect((await intake.newest()).verdict).toBe('accepted');
  });
});
