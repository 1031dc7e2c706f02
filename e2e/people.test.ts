/** A mail with several people on it: who gets the answer, who may answer in turn, whose turn it is. */

import { describe, expect, it } from 'vitest';
import { answerTo, type ReceivedMail, sendMail } from './support/mail.ts';
import { startStory } from './support/story.ts';

const scout = 'scout@tinyfat.localhost';
const ops = 'ops@tinyfat.localhost';

describe('several people on a mail', async () => {
  const { server } = await startStory({
    agents: { scout: ['bob@example.com', '@team.example'], ops: [] },
  });
  let count = 0;
  const repliesTo = async (mail: Parameters<typeof sendMail>[1], answers = 1) => {
    await sendMail(server, { text: '[[reply: ok]]', ...mail });
    count += answers;
    return (await server.answers(count)).slice(-answers) as [ReceivedMail, ...ReceivedMail[]];
  };
  const addresses = (list: ReceivedMail['cc']) => (list ?? []).map((one) => one.address);

  it('all allowed: the answer goes to the sender, with the others on Cc', async () => {
    const [reply] = await repliesTo({
      to: [scout, 'Bob <bob@example.com>'],
      cc: 'carol@team.example',
      replyTo: 'elsewhere@evil.example',
    });
    expect(addresses(reply.to)).toEqual(['owner@example.com']);
    expect(addresses(reply.cc).sort()).toEqual(['bob@example.com', 'carol@team.example']);
  });

  it('one of them a stranger: the answer goes to the sender alone, and the stranger’s answer is refused', async () => {
    const cc = ['bob@example.com', 'eve@else.example'];
    const [reply] = await repliesTo({ to: scout, cc });
    expect(addresses(reply.to)).toEqual(['owner@example.com']);
    expect(addresses(reply.cc)).toEqual([]);
    const answer = await answerTo(server, {
      from: 'eve@else.example',
      to: scout,
      subject: reply.subject,
      inReplyTo: reply.messageId,
      references: reply.references,
      text: 'me too',
    });
    expect(answer.code).toBe(550);
    const [newest] = await server.json(['mails', 'scout']);
    expect(newest).toMatchObject({
      verdict: 'refused',
      reason_code: 'not_allowed',
      from: 'eve@else.example',
    });
  });

  it('two of them agents: each takes its turn, and neither gets the other’s answer', async () => {
    const replies = await repliesTo({ to: [scout, ops] }, 2);
    expect(new Set(replies.map((reply) => reply.from?.address))).toEqual(new Set([scout, ops]));
    for (const reply of replies) {
      expect(addresses(reply.to)).toEqual(['owner@example.com']);
      expect(addresses(reply.cc)).toEqual([]);
    }
  });

  it('the agent on Bcc: it works by the envelope, and answers without showing itself to the others', async () => {
    const [reply] = await repliesTo({
      envelope: { from: 'owner@example.com', to: [scout] },
      to: 'bob@example.com',
    });
    expect(reply.from?.address).toBe(scout);
    expect(addresses(reply.to)).toEqual(['owner@example.com']);
    expect(addresses(reply.cc)).toEqual([]);
  });
});
