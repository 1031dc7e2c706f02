/** What an agent does to its own folder harms nobody else, and never sends one person's mail to another. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sendMail } from './support/mail.ts';
import { startStory } from './support/story.ts';

describe('an agent that spoils its own folder', async () => {
  const names = ['linked', 'drafts', 'skills', 'flood', 'left'];
  // Each test has an agent of its own.
  const { model, server, ask } = await startStory({
    agents: Object.fromEntries(names.map((name) => [name, ['bob@example.org']])),
  });
  const short = await startStory({ environment: { TURN_TIMEOUT_S: '4' } });
  const at = (agent: string) => `${agent}@tinyfat.localhost`;
  const bash = (command: string) => `[[tool: bash ${JSON.stringify({ command })}]]`;

  it.concurrent('an answer written before the turn failed is the only mail: no error mail contradicts it', async () => {
    const { server } = short;
    const to = at('scout');
    const write = bash(`echo '{"body":"My own answer.","status":"pending"}' > /data/outbox/email/own.json`);
    await sendMail(server, { to, text: `${write} [[hang]]` });
    expect((await server.answers(1))[0]?.text).toContain('My own answer.');
    await sendMail(server, { to, subject: '/status', text: '' });
    expect(await server.answers(2)).toHaveLength(2);
    expect(await server.json(['runs'])).toMatchObject([{ kind: '/status' }, { status: 'failed' }]);
    expect(await server.json(['mails'])).toMatchObject([{ state: 'command' }, { state: 'replied' }]);
  });

  it.concurrent('by filling the outbox with drafts: its reply is found all the same', async () => {
    const fill = bash('for i in $(seq 300); do echo x > /data/outbox/email/.draft-$i.json; done');
    expect((await ask({ to: at('drafts'), text: `${fill} [[reply: Found.]]` })).text).toContain('Found.');
  });

  it.concurrent('by a link to / in the place of its skills: it is answered, and the owner reads so', async () => {
    const spoil = bash('rmdir /data/skills && ln -s / /data/skills');
    const to = at('skills');
    const done = await ask({ to, text: `${spoil} [[reply: Done.]]` });
    expect(done.text).toContain('/data/skills was a link');
    expect((await ask({ to, text: '[[reply: Still here.]]' })).text).toContain('Still here.');
  });

  it('by putting a link in the place of sent/: it is answered, and the server starts again', async () => {
    const to = at('linked');
    const done = await ask({
      to,
      text: `${bash('cd /data/outbox && rmdir sent && ln -s /tmp sent')} [[reply: Done.]]`,
    });
    expect(done.text).toContain('Done.');
    await server.restart();
    const replies = [done, await ask({ to, text: '[[reply: Still here.]]' })];
    expect(replies.map((reply) => reply.text?.split('\n')[0])).toEqual(['Done.', 'Still here.']);
  });

  it('what it wrote to one person before all attempts died is that person’s answer, and nobody else’s', async () => {
    const to = at('left');
    const write = bash(
      `echo '{"body":"FOR THE OWNER ONLY","status":"pending"}' > /data/outbox/email/private.json`,
    );
    const told = ask({ to, text: `${write} [[gate: die]]` });
    for (let attempt = 1; attempt <= 3; attempt++) {
      await model.arrived('die', attempt);
      await server.restart();
    }
    const answer = await told;
    expect([answer.text, answer.raw]).toEqual([
      expect.stringContaining('FOR THE OWNER ONLY'),
      expect.stringMatching(/^To: .*owner@example\.com/m),
    ]);
    model.release('die');
    const bobs = await ask({ to, from: 'bob@example.org', text: '[[reply: Hello Bob.]]' });
    expect(bobs.text).toContain('Hello Bob.');
    const copies = (await server.answers(0)).filter((reply) => reply.raw.includes('FOR THE OWNER ONLY'));
    expect(copies).toHaveLength(1);
  });

  it('mail that lies in its outbox before a turn goes to failed/, never to the next person who writes', async () => {
    const { id } = await server.json(['agent', 'show', 'left']);
    const outbox = join(server.dataDir, 'agents', id, 'outbox');
    writeFileSync(join(outbox, 'email', 'secret.json'), '{"body":"FOR NOBODY","status":"pending"}');
    const bobs = await ask({ to: at('left'), from: 'bob@example.org', text: '[[reply: Hello again.]]' });
    expect(bobs.text).toContain('Hello again.');
    expect((await server.answers(0)).map((reply) => reply.raw).join()).not.toContain('FOR NOBODY');
    const failed = join(outbox, 'failed');
    const [folder = '', name = ''] = readdirSync(failed).sort();
    expect(readFileSync(join(failed, folder, 'secret.json'), 'utf8')).toContain('FOR NOBODY');
    expect(JSON.parse(readFileSync(join(failed, name), 'utf8'))).toMatchObject({
      status: 'failed',
      folder: `outbox/failed/${folder}`,
      files: ['secret.json'],
      error: expect.stringContaining('did not get to its end'),
    });
  });

  it('by 9,000 mails in its outbox: the reply comes first, the rest is told, and others are answered', async () => {
    const to = at('flood');
    const before = (await server.answers(0)).length;
    const fill = bash(
      'cd /data/outbox/email; for i in $(seq 9000); do echo \'{"body":"x","to":"owner@example.com","subject":"m"}\' > m$i.json; done',
    );
    await sendMail(server, { to, text: `${fill} [[reply: The answer.]]` });
    const first = (await server.answers(before + 1))[before];
    expect(first?.text).toContain('The answer.');
    expect(await server.answers(before + 100)).toHaveLength(before + 100);
    const list = await server.json(['outbox', 'list', 'flood']);
    expect(list.filter((one: { state: string }) => one.state === 'failed')).toMatchObject([
      { reason: expect.stringContaining('8901 files') },
    ]);
    const bobs = await ask({ to, from: 'bob@example.org', text: '[[reply: Hello Bob.]]' });
    expect(bobs.text).toContain('Hello Bob.');
  });
});
