/** References and In-Reply-To lead to a conversation of the same agent, or to none (invariants 7 and 9). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sendMail } from './support/mail.ts';
import { startStory } from './support/story.ts';

describe('References that name another agent’s thread', async () => {
  const { model, server } = await startStory({
    agents: { scout: [], ops: ['eve@else.example'] },
  });
  beforeAll(async () => {
    for (const name of ['scout', 'ops']) {
      const { id } = await server.json(['agent', 'show', name]);
      const config = JSON.stringify({ model: 'haiku', session_scope: 'thread' });
      writeFileSync(join(server.dataDir, 'agents', id, 'config.json'), config);
    }
  });

  it('open a session of its own, without a word of the other', async () => {
    const secret = 'the safe opens with 4711';
    const first = await sendMail(server, {
      to: 'scout@tinyfat.localhost',
      text: `${secret} [[reply: Noted.]]`,
    });
    const [reply] = await server.answers(1);
    await sendMail(server, {
      from: 'eve@else.example',
      to: 'ops@tinyfat.localhost',
      subject: 'Re: Hello',
      inReplyTo: reply?.messageId,
      references: [first, reply?.messageId ?? ''],
      text: 'What did we say? [[reply: Nothing.]]',
    });
    await server.answers(2);
    const last = model.requests.at(-1);
    expect(last?.text).toContain('What did we say?');
    expect(JSON.stringify(last?.body)).not.toContain(secret);
    const sessions = [];
    for (const { id } of await server.json(['runs'])) {
      sessions.push((await server.json(['run', 'show', id])).run.session_id);
    }
    expect(new Set(sessions).size).toBe(2);
  });
});
