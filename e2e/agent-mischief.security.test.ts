/** What an agent does to its own folder harms nobody else, and never sends one person's mail to another. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendMail } from './support/mail.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

describe('an agent that spoils its own folder', () => {
  let model: AnthropicStandIn;
  let server: Tinyfat;
  beforeEach(async () => {
    model = await startAnthropicStandIn();
  });
  afterEach(async () => {
    await server?.dispose();
    await model?.close();
  });
  const start = async (environment: Record<string, string> = {}) => {
    server = await startTinyfat({
      environment: { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: model.url, ...environment },
      agents: { scout: ['bob@example.org'] },
    });
  };
  const to = 'scout@tinyfat.localhost';
  const bash = (command: string) => `[[tool: bash ${JSON.stringify({ command })}]]`;
  const outbox = () =>
    join(server.dataDir, 'agents', readdirSync(join(server.dataDir, 'agents'))[0] ?? '', 'outbox');

  it('by putting a link in the place of sent/: it is answered, and the server starts again', async () => {
    await start();
    await sendMail(server, {
      to,
      text: `${bash('cd /data/outbox && rmdir sent && ln -s /tmp sent')} [[reply: Done.]]`,
    });
    expect((await server.answers(1))[0]?.text).toContain('Done.');
    await server.restart();
    await sendMail(server, { to, text: '[[reply: Still here.]]' });
    const replies = await server.answers(2);
    expect(replies.map((reply) => reply.text?.split('\n')[0])).toEqual(['Done.', 'Still here.']);
  });

  it('by filling the outbox with drafts: its reply is found all the same', async () => {
    await start();
    const fill = bash('for i in $(seq 300); do echo x > /data/outbox/email/.draft-$i.json; done');
    await sendMail(server, { to, text: `${fill} [[reply: Found.]]` });
    expect((await server.answers(1))[0]?.text).toContain('Found.');
  });

  it('by a link to / in the place of its skills: it is answered, and the owner reads so', async () => {
    await start({ TURN_TIMEOUT_S: '20' });
    const spoil = bash('rmdir /data/skills && ln -s / /data/skills');
    await sendMail(server, { to, text: `${spoil} [[reply: Done.]]` });
    expect((await server.answers(1))[0]?.text).toContain('/data/skills was a link');
    await sendMail(server, { to, text: '[[reply: Still here.]]' });
    expect((await server.answers(2)).at(-1)?.text).toContain('Still here.');
  });

  it('by 9,000 mails in its outbox: the reply comes first, the rest is told, and others are answered', async () => {
    await start();
    const fill = bash(
      'cd /data/outbox/email; for i in $(seq 9000); do echo \'{"body":"x","to":"owner@example.com","subject":"m"}\' > m$i.json; done',
    );
    await sendMail(server, { to, text: `${fill} [[reply: The answer.]]` });
    const first = (await server.answers(1))[0];
    expect(first?.text).toContain('The answer.');
    expect(await server.answers(100)).toHaveLength(100);
    const list = await server.json(['outbox', 'list', 'scout']);
    expect(list.filter((one: { state: string }) => one.state === 'failed')).toMatchObject([
      { reason: expect.stringContaining('8901 files') },
    ]);
    await sendMail(server, { to, from: 'bob@example.org', text: '[[reply: Hello Bob.]]' });
    expect((await server.answers(101)).at(-1)?.text).toContain('Hello Bob.');
  });

  it('mail left over from a turn that died goes to failed/, never to the next person who writes', async () => {
    await start();
    const write = bash(
      `echo '{"body":"FOR THE OWNER ONLY","status":"pending"}' > /data/outbox/email/private.json`,
    );
    await sendMail(server, { to, text: `${write} [[gate: die]]` });
    for (let attempt = 1; attempt <= 3; attempt++) {
      await model.arrived('die', attempt);
      await server.restart();
    }
    expect((await server.answers(1))[0]?.text).toContain('tried several times');
    await sendMail(server, { to, from: 'bob@example.org', text: '[[reply: Hello Bob.]]' });
    const replies = await server.answers(2);
    expect(replies.at(-1)?.text).toContain('Hello Bob.');
    expect(replies.map((reply) => reply.raw).join()).not.toContain('FOR THE OWNER ONLY');
    const failed = join(outbox(), 'failed');
    const [folder = '', name = ''] = readdirSync(failed).sort();
    expect(readFileSync(join(failed, folder, 'private.json'), 'utf8')).toContain('FOR THE OWNER ONLY');
    expect(JSON.parse(readFileSync(join(failed, name), 'utf8'))).toMatchObject({
      status: 'failed',
      folder: `outbox/failed/${folder}`,
      files: ['private.json'],
      error: expect.stringContaining('did not get to its end'),
    });
    model.release('die');
  });

  it('an answer written before the turn failed is the only mail: no error mail contradicts it', async () => {
    await start({ TURN_TIMEOUT_S: '3' });
    const write = bash(`echo '{"body":"My own answer.","status":"pending"}' > /data/outbox/email/own.json`);
    await sendMail(server, { to, text: `${write} [[hang]]` });
    expect((await server.answers(1))[0]?.text).toContain('My own answer.');
    await sendMail(server, { to, subject: '/status', text: '' });
    expect(await server.answers(2)).toHaveLength(2);
    expect(await server.json(['runs'])).toMatchObject([{ kind: '/status' }, { status: 'failed' }]);
    expect(await server.json(['mails'])).toMatchObject([{ state: 'command' }, { state: 'replied' }]);
  });
});
