import { startScriptedSmtp } from '@tinyfat/testing/stand-ins/scripted-smtp';
import { startSmtpSink } from '@tinyfat/testing/stand-ins/smtp-sink';
import { expect, it, onTestFinished } from 'vitest';
import { handIn } from './hand-in.ts';

const mail = {
  host: '127.0.0.1',
  messageId: '<1@here.test>',
  from: 'ann@example.com',
  to: 'scout@agents.test',
  subject: 'Grüße',
  text: 'Who are you?\n.\n',
};

it('hands the mail in from the one to the other, as a mail program would', async () => {
  const sink = await startSmtpSink();
  onTestFinished(() => sink.close());
  expect(await handIn({ ...mail, port: sink.port })).toEqual({ ok: true });
  const [taken] = sink.mails;
  expect(taken).toMatchObject({ sender: mail.from, recipients: [mail.to], secure: false });
  const raw = String(taken?.raw);
  expect(raw).toMatch(/^From: ann@example\.com\r$/m);
  expect(raw).toMatch(/^Message-ID: <1@here\.test>\r$/m);
  expect(raw).toMatch(/^Subject: =\?UTF-8\?/m);
  expect(raw).not.toMatch(/^Auto-Submitted:/m);
});

it('can not be talked into more headers, recipients or files', async () => {
  const sink = await startSmtpSink();
  onTestFinished(() => sink.close());
  const odd = { ...mail, subject: 'a\r\nBcc: eve@example.com', text: 'file:///etc/passwd' };
  await handIn({ ...odd, port: sink.port });
  expect(sink.mails).toMatchObject([{ recipients: [mail.to] }]);
  expect(String(sink.mails[0]?.raw)).not.toMatch(/^Bcc:/m);
});

it('says what the server answered, or that there was none', async () => {
  const refusing = await startSmtpSink({ refuse: { [mail.to]: { code: 550, text: '5.7.1 Ask its owner' } } });
  onTestFinished(() => refusing.close());
  expect(await handIn({ ...mail, port: refusing.port })).toEqual({
    ok: false,
    reason: expect.stringContaining('5.7.1 Ask its owner'),
  });
  const dropping = await startScriptedSmtp({ greeting: { drop: true } });
  onTestFinished(() => dropping.close());
  const { port } = dropping;
  expect(await handIn({ ...mail, port })).toEqual({
    ok: false,
    reason: expect.stringContaining('no answer'),
  });
  await dropping.close();
  expect(await handIn({ ...mail, port })).toEqual({
    ok: false,
    reason: expect.stringContaining('no answer'),
  });
});
