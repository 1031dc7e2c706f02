/** A conversation hangs together: for the client that began it, and for one that threads in its own way. */

import { describe, expect, it } from 'vitest';
import { type ReceivedMail, sendMail } from './support/mail.ts';
import { startStory } from './support/story.ts';

describe('threading', async () => {
  const { model, server } = await startStory();
  let count = 0;
  const send = async (mail: Parameters<typeof sendMail>[1]) => {
    const id = await sendMail(server, { to: 'scout@tinyfat.localhost', ...mail });
    count++;
    return { id, reply: (await server.answers(count)).at(-1) as ReceivedMail };
  };
  const ids = (mail: ReceivedMail) => mail.references?.split(/\s+/);

  it('grows over three mails, each answer naming its parent and all before it', async () => {
    const first = await send({ subject: 'Trip', text: 'One' });
    const reply1 = first.reply.messageId ?? '';
    const second = await send({
      subject: 'Re: Trip',
      text: 'Two',
      inReplyTo: reply1,
      references: [first.id, reply1],
    });
    expect(second.reply.inReplyTo).toBe(second.id);
    expect(ids(second.reply)).toEqual([first.id, reply1, second.id]);
    const reply2 = second.reply.messageId ?? '';
    const third = await send({
      subject: 'RE: Trip',
      text: 'Three',
      inReplyTo: reply2,
      references: [first.id, reply1, second.id, reply2],
    });
    expect(third.reply.subject).toBe('RE: Trip');
    expect(ids(third.reply)).toEqual([first.id, reply1, second.id, reply2, third.id]);
  });

  it('answers a mail as older programs write it: an id without brackets, a long one, raw Latin-1, a day of its own', async () => {
    const long = `<${'x'.repeat(400)}@client.example>`;
    const lines = [
      'From: Owner <owner@example.com>',
      'To: scout@tinyfat.localhost',
      'Subject: Gr\xfc\xdfe',
      'Date: Sun, 22 Nov 2026 00:30:00 +0200',
      'Message-ID: raw.1@client.example',
      `References: ${long}`,
      'Content-Type: text/plain charset=iso-8859-1',
      '',
      'Sch\xf6n.',
      '',
    ];
    const { reply } = await send({
      envelope: { from: 'owner@example.com', to: ['scout@tinyfat.localhost'] },
      raw: Buffer.from(lines.join('\r\n'), 'latin1'),
    });
    expect(reply.inReplyTo).toBe('<raw.1@client.example>');
    expect(ids(reply)).toEqual([long, '<raw.1@client.example>']);
    expect(reply.subject).toBe('Re: Grüße');
    const prompt = JSON.stringify(model.requests.at(-1)?.body);
    expect(prompt).toContain('Date: 2026-11-22T00:30:00+02:00');
    expect(prompt).toContain('Schön.');
  });

  it('follows a client that keeps its own References, or none but In-Reply-To', async () => {
    const own = await send({
      subject: 'AW: Reise',
      text: 'Hallo',
      inReplyTo: '<b@client.example>',
      references: ['<a@client.example>', '<b@client.example>'],
    });
    expect(own.reply.subject).toBe('AW: Reise');
    expect(ids(own.reply)).toEqual(['<a@client.example>', '<b@client.example>', own.id]);
    const bare = await send({ subject: 'Re: x', text: 'Hi', inReplyTo: '<p@client.example>' });
    expect(ids(bare.reply)).toEqual(['<p@client.example>', bare.id]);
  });

  it('never lets headers grow without end, and keeps the first and the newest', async () => {
    const many = Array.from({ length: 300 }, (_, index) => `<${'x'.repeat(30)}${index}@client.example>`);
    const { id, reply } = await send({
      subject: 'Re: long',
      text: 'Hi',
      inReplyTo: many.at(-1),
      references: many,
    });
    const kept = ids(reply) ?? [];
    expect(kept.length).toBeLessThanOrEqual(20);
    expect(kept.join(' ').length).toBeLessThanOrEqual(850);
    expect([kept[0], kept.at(-2), kept.at(-1)]).toEqual([many[0], many.at(-1), id]);
  });

  it('goes on with one session over all threads', async () => {
    await send({ subject: 'Fresh thread', text: 'Remember? [[reply: yes]]' });
    const body = JSON.stringify(model.requests.at(-1)?.body);
    expect(body).toContain('Subject: Trip');
    expect(body).toContain('Subject: AW: Reise');
  });
});
