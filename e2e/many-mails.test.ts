/** Invariant 2: one turn per agent at a time, in order of arrival; agents don't wait for each other. */

import { describe, expect, it } from 'vitest';
import { sendMail } from './support/mail.ts';
import { startStory } from './support/story.ts';

describe('many mails', async () => {
  const { model, server } = await startStory({
    environment: { WORKERS: '2' },
    agents: { one: [], two: [] },
  });

  it('lets two agents work at the same time', async () => {
    await sendMail(server, { to: 'one@tinyfat.localhost', text: '[[gate: both]] [[reply: from one]]' });
    await sendMail(server, { to: 'two@tinyfat.localhost', text: '[[gate: both]] [[reply: from two]]' });
    await model.arrived('both', 2);
    model.release('both');
    const replies = await server.answers(2);
    expect(replies.map((reply) => [reply.from?.address, reply.text?.split('\n')[0]]).sort()).toEqual([
      ['one@tinyfat.localhost', 'from one'],
      ['two@tinyfat.localhost', 'from two'],
    ]);
  });

  it('answers ten mails to one agent in the order in which they came, none at the same time', async () => {
    const before = model.requests.length;
    for (let index = 0; index < 10; index++) {
      await sendMail(server, {
        to: 'one@tinyfat.localhost',
        subject: `Mail ${index}`,
        text: `[[reply: answer ${index}]]`,
      });
    }
    const replies = (await server.answers(12)).slice(2);
    expect(replies.map((reply) => reply.text?.split('\n')[0])).toEqual(
      Array.from({ length: 10 }, (_, index) => `answer ${index}`),
    );
    const requests = model.requests.slice(before);
    expect(requests).toHaveLength(10);
    for (let index = 1; index < requests.length; index++) {
      expect(requests[index]?.atMonotonic).toBeGreaterThan(
        requests[index - 1]?.answeredAtMonotonic ?? Infinity,
      );
    }
  });

  it('takes a mail to both agents as one job for each', async () => {
    await sendMail(server, {
      to: ['one@tinyfat.localhost', 'two@tinyfat.localhost'],
      text: 'Both of you. [[reply: present]]',
    });
    const replies = (await server.answers(14)).slice(12);
    expect(replies.map((reply) => reply.from?.address).sort()).toEqual([
      'one@tinyfat.localhost',
      'two@tinyfat.localhost',
    ]);
  });

  it('folds the same Message-ID into one job, visibly', async () => {
    const mail = { to: 'two@tinyfat.localhost', messageId: '<same@client.example>', text: '[[reply: once]]' };
    await sendMail(server, mail);
    await sendMail(server, mail);
    await server.answers(15);
    const mails = await server.json(['mails', 'two']);
    const same = mails.filter((one: { message_id: string }) => one.message_id === '<same@client.example>');
    expect(same.map((one: { verdict: string }) => one.verdict).sort()).toEqual(['accepted', 'duplicate']);
    await sendMail(server, { to: 'two@tinyfat.localhost', text: '[[reply: last]]' });
    expect((await server.answers(16)).at(-1)?.text).toContain('last');
  });
});
