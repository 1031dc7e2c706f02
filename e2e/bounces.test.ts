/** What comes back is matched to what went out: shown, filed, and not tried on the same person again. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { until } from './support/eventually.ts';
import { answerTo, header, sendMail } from './support/mail.ts';
import { startStory } from './support/story.ts';

const scout = 'scout@tinyfat.localhost';

describe('a mail that comes back', async () => {
  const { server } = await startStory({
    agents: { scout: ['bob@example.com'] },
  });
  let outbox: string;
  beforeAll(async () => {
    const { id } = await server.json(['agent', 'show', 'scout']);
    outbox = join(server.dataDir, 'agents', id, 'outbox');
  });

  const report = (messageId: string, recipient: string, status: string, action = 'failed') =>
    [
      'From: Mail Delivery System <mailer-daemon@relay.example>',
      `To: ${scout}`,
      'Subject: Undelivered Mail Returned to Sender',
      `Message-ID: <${Math.random()}@relay.example>`,
      'Auto-Submitted: auto-replied',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status; boundary="r"',
      '',
      '--r',
      'Content-Type: text/plain',
      '',
      'It could not be delivered.',
      '--r',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; relay.example',
      '',
      `Final-Recipient: rfc822; ${recipient}`,
      `Action: ${action}`,
      `Status: ${status}`,
      `Diagnostic-Code: smtp; 550 ${status} no such user here`,
      '',
      '--r',
      'Content-Type: text/rfc822-headers',
      '',
      `From: ${scout}`,
      `Message-ID: ${messageId}`,
      '',
      '--r--',
      '',
    ].join('\r\n');
  const comesBack = async (raw: string) =>
    (await answerTo(server, { envelope: { from: '', to: scout }, raw })).code;
  const delivery = (state: string) =>
    until(
      async () =>
        (await server.json(['outbox', 'list', 'scout'])).find(
          (one: { state: string }) => one.state === state,
        ),
      (found) => found !== undefined,
    );

  it('marks its delivery, moves its file, tells the owner why, and wakes nobody', async () => {
    await sendMail(server, { to: scout, subject: 'Ping', text: '[[reply: Pong.]]' });
    const [reply] = await server.answers(1);
    await delivery('sent');
    const runs = (await server.json(['runs'])).length;
    expect(await comesBack(report(reply?.messageId ?? '', 'owner@example.com', '5.1.1'))).toBe(250);

    const bounced = await delivery('bounced');
    expect(bounced.reason).toContain('owner@example.com');
    expect(bounced.reason).toContain('5.1.1 no such user here');
    const [dsn, mail] = await server.json(['mails', 'scout']);
    expect(dsn).toMatchObject({ verdict: 'automatic', state: 'automatic', reason_code: 'delivery_report' });
    expect(mail).toMatchObject({ subject: 'Ping', state: 'failed' });
    expect(mail.reason).toContain('came back');
    await until(
      () => readdirSync(join(outbox, 'sent')),
      ({ length }) => length === 0,
    );
    const [file = ''] = readdirSync(join(outbox, 'failed'));
    const record = JSON.parse(readFileSync(join(outbox, 'failed', file), 'utf8'));
    expect(record).toMatchObject({ status: 'failed' });
    expect(record.body).toContain('Pong.');
    expect(record.error).toContain('no such user here');
    expect((await server.json(['runs'])).length).toBe(runs);
  });

  it('keeps the agent from writing to that person again, until the owner or the person says otherwise', async () => {
    const [shown] = await server.json(['outbox', 'suppressed', 'scout']);
    expect(shown).toMatchObject({ address: 'owner@example.com' });
    const mail = JSON.stringify({
      to: ['owner@example.com'],
      subject: 'News',
      body: 'Hi',
      status: 'pending',
    });
    const command = JSON.stringify({ command: `echo '${mail}' > /data/outbox/email/news.json` });
    await sendMail(server, {
      from: 'bob@example.com',
      to: scout,
      subject: 'Tell him',
      text: `[[tool: bash ${command}]] [[reply: Done.]]`,
    });
    const waiting = await delivery('awaiting_approval');
    expect(waiting).toMatchObject({ subject: 'News' });
    expect(waiting.reason).toContain('no such user here');

    // The person writes again, so the mailbox lives.
    await sendMail(server, { to: scout, subject: 'Here I am', text: '[[reply: Welcome back.]]' });
    await until(
      () => server.answers(1),
      (mails) => mails.some(({ text }) => text?.includes('Welcome back.')),
    );
    expect(await server.json(['outbox', 'suppressed', 'scout'])).toEqual([]);
  });

  it('believes no report about a mail that it doesn’t know, or a person whom it never wrote to', async () => {
    const sent = (await server.answers(1)).filter((one) => header(one, 'to')?.includes('bob@example.com'));
    const id = sent[0]?.messageId ?? '';
    expect(id).not.toBe('');
    expect(await comesBack(report('<forged@tinyfat.localhost>', 'bob@example.com', '5.1.1'))).toBe(250);
    expect(await comesBack(report(id, 'owner@example.com', '5.1.1'))).toBe(250);
    const [second, first] = await server.json(['mails', 'scout']);
    for (const mail of [first, second]) expect(mail.reason_code).toBe('automatic_mail');
    expect(await server.json(['outbox', 'suppressed', 'scout'])).toEqual([]);
  });
});
