/** Replies through a real relay: what it says decides what becomes of a delivery. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { header, sendMail } from './support/mail.ts';
import { newestDelivery } from './support/outbox.ts';
import { type SmtpSink, startSmtpSink } from './support/smtp-sink.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

describe('an SMTP relay', () => {
  let model: AnthropicStandIn;
  let server: Tinyfat;
  let sink: SmtpSink;
  beforeAll(async () => {
    model = await startAnthropicStandIn();
    sink = await startSmtpSink();
    server = await startTinyfat({
      environment: { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: model.url, SMTP_URL: sink.url },
      agents: { scout: [] },
    });
  });
  afterAll(async () => {
    await server?.dispose();
    await sink?.close();
    await model?.close();
  });
  const to = 'scout@tinyfat.localhost';
  const state = (want: string) => newestDelivery(server, want);

  it('gets the reply with envelope and headers of the thread', async () => {
    const id = await sendMail(server, { to, subject: 'Ping', text: '[[reply: Pong.]]' });
    await sink.received(1);
    const [mail] = sink.mails;
    expect(mail?.envelope).toEqual({ from: 'scout@tinyfat.localhost', to: ['owner@example.com'] });
    expect(mail?.text).toContain('Pong.');
    expect([mail?.subject, mail?.inReplyTo]).toEqual(['Re: Ping', id]);
    expect(mail && header(mail, 'auto-submitted')).toBe('auto-replied');
    expect(await state('sent')).toMatchObject({ attempts: 1 });
  });

  it('is tried again when it says 451, with the same bytes', async () => {
    sink.refuseNext({ code: 451, message: 'greylisted' }, { code: 451, message: 'greylisted' });
    await sendMail(server, { to, subject: 'Grey', text: '[[reply: Patience.]]' });
    await sink.received(2);
    const row = await state('sent');
    expect(row.attempts).toBe(3);
    expect(sink.mails[1]?.subject).toBe('Re: Grey');
  });

  it('is believed when it says 550: the mail goes to failed/ with what it said, and can be retried', async () => {
    sink.refuseNext({ code: 550, message: 'no such mailbox here' });
    await sendMail(server, { to, subject: 'Gone', text: '[[reply: Nobody home.]]' });
    const row = await state('failed');
    expect(row).toMatchObject({ attempts: 1, reason: expect.stringContaining('no such mailbox here') });
    const agent = join(server.dataDir, 'agents', readdirSync(join(server.dataDir, 'agents'))[0] ?? '');
    // Its row says so before the file is moved.
    // A file that is being written has a name with a dot before it.
    const failed = () => readdirSync(join(agent, 'outbox/failed')).filter((name) => !name.startsWith('.'));
    await eventually(failed).toHaveLength(1);
    const [file] = failed();
    expect(JSON.parse(readFileSync(join(agent, 'outbox/failed', file ?? ''), 'utf8'))).toMatchObject({
      status: 'failed',
      body: 'Nobody home.',
      error: expect.stringContaining('no such mailbox here'),
    });
    expect(await server.json(['mails'])).toMatchObject([{ state: 'failed' }, {}, {}]);
    expect((await server.cli(['outbox', 'retry', row.id])).code).toBe(0);
    await sink.received(3);
    await state('sent');
    expect(await server.json(['mails'])).toMatchObject([{ state: 'replied' }, {}, {}]);
    await eventually(failed).toEqual([]);
    expect(readdirSync(join(agent, 'outbox/sent'))).toContain(file);
  });
});
