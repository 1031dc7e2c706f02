/** Invariants 1 and 4: kill -9 at any point loses no mail and doubles no reply. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSqlite } from '@tinyfat/database/sqlite';
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { sendMail } from './support/mail.ts';
import { type SmtpSink, startSmtpSink } from './support/smtp-sink.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

describe('kill -9 of the server', () => {
  let model: AnthropicStandIn;
  let server: Tinyfat;
  let sink: SmtpSink | undefined;
  beforeEach(async () => {
    model = await startAnthropicStandIn();
  });
  afterEach(async () => {
    await server?.dispose();
    await sink?.close();
    sink = undefined;
    await model?.close();
  });
  const start = async (environment: Record<string, string> = {}) => {
    server = await startTinyfat({
      environment: { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: model.url, ...environment },
      agents: { scout: [] },
    });
  };
  const to = 'scout@tinyfat.localhost';
  const agentFolder = () =>
    join(server.dataDir, 'agents', readdirSync(join(server.dataDir, 'agents'))[0] ?? '');

  it('while the model thinks: the turn is made again, with one reply', async () => {
    await start();
    await sendMail(server, { to, text: '[[gate: thinking]] [[reply: One answer.]]' });
    await model.arrived('thinking');
    await server.kill('SIGKILL');
    model.release('thinking');
    await server.restart();
    const [reply] = await server.answers(1);
    expect(reply?.text).toContain('One answer.');
    const [run] = await server.json(['runs']);
    expect(run).toMatchObject({ status: 'done', attempt: 2 });
    await sendMail(server, { to, text: '[[reply: Next.]]' });
    expect((await server.answers(2)).map((mail) => mail.text?.split('\n')[0])).toEqual([
      'One answer.',
      'Next.',
    ]);
  });

  it('after a tool was run: the agent is told what it had done, and everything in the sandbox dies', async () => {
    await start();
    const tool = JSON.stringify({
      command: 'echo done >> /data/effect.txt; (setsid sleep 765432 &) ; echo started',
    });
    await sendMail(server, { to, text: `[[tool: bash ${tool}]] [[gate: later]] [[reply: Finished.]]` });
    await model.arrived('later');
    expect(readFileSync(join(agentFolder(), 'effect.txt'), 'utf8')).toBe('done\n');
    await server.kill('SIGKILL');
    model.release('later');
    await server.restart();
    const { spawnSync } = await import('node:child_process');
    expect(spawnSync('pgrep', ['-f', 'sleep 76543[2]'], { encoding: 'utf8' }).stdout).toBe('');
    const replies = await server.answers(1);
    expect(replies).toHaveLength(1);
    expect(replies[0]?.text).toContain('Finished.');
    const told = JSON.stringify(model.requests.at(-1)?.body);
    expect(told).toMatch(/cut off/i);
    expect(told).toContain('effect.txt');
  });

  it('with mails waiting: none is lost, and their order is kept', async () => {
    await start();
    await sendMail(server, { to, text: '[[gate: first]] [[reply: answer 0]]' });
    for (let index = 1; index < 5; index++)
      await sendMail(server, { to, text: `[[reply: answer ${index}]]` });
    await model.arrived('first');
    await server.kill('SIGKILL');
    model.release('first');
    await server.restart();
    const replies = await server.answers(5);
    expect(replies.map((mail) => mail.text?.split('\n')[0])).toEqual(
      [0, 1, 2, 3, 4].map((index) => `answer ${index}`),
    );
  });

  it('again and again with one mail: after three attempts the sender is told, once', async () => {
    await start();
    await sendMail(server, { to, text: '[[gate: poison]]' });
    for (let attempt = 1; attempt <= 3; attempt++) {
      await model.arrived('poison', attempt);
      await server.restart();
    }
    const [reply] = await server.answers(1);
    expect(reply?.text).toContain('tried several times');
    expect(await server.json(['mails'])).toMatchObject([{ state: 'failed' }]);
    await sendMail(server, { to, text: '[[reply: Alive.]]' });
    expect(await server.answers(2)).toHaveLength(2);
    model.release('poison');
  });

  it('when the relay may have taken the mail: the delivery is uncertain, shown, and not sent again by itself', async () => {
    sink = await startSmtpSink();
    await start({ SMTP_URL: sink.url });
    sink.holdAfterData();
    await sendMail(server, { to, text: '[[reply: Perhaps.]]' });
    await sink.held();
    await server.kill('SIGKILL');
    sink.releaseAll();
    await server.restart();
    const list = await server.json(['outbox', 'list']);
    expect(list).toMatchObject([{ state: 'uncertain' }]);
    expect(list[0].reason).toMatch(/may or may not/i);
    expect(await server.json(['mails'])).toMatchObject([{ state: 'failed' }]);
    const taken = sink.mails.length;
    await sendMail(server, { to, text: '[[reply: Next.]]' });
    await sink.received(taken + 1);
    expect(sink.mails.filter((mail) => mail.text?.includes('Perhaps'))).toHaveLength(taken);
    expect((await server.cli(['outbox', 'retry', list[0].id])).code).toBe(0);
    await sink.received(taken + 2);
    expect(sink.mails.at(-1)?.text).toContain('Perhaps.');
  });

  it('between sending and filing: the file is put where it belongs, and nothing is sent twice', async () => {
    await start();
    await sendMail(server, { to, text: '[[reply: Kept.]]' });
    await server.answers(1);
    await server.kill('SIGKILL');
    // The state that a crash between the two leaves: the row says sent, the file still lies in outbox/email.
    const outbox = join(agentFolder(), 'outbox');
    for (const name of readdirSync(join(outbox, 'sent'))) rmSync(join(outbox, 'sent', name));
    const db = await openSqlite(join(server.dataDir, 'tinyfat.sqlite'));
    const delivery = await db.selectFrom('deliveries').selectAll().executeTakeFirstOrThrow();
    const text = '{"body":"Kept.","status":"pending"}';
    writeFileSync(join(outbox, 'email', delivery.source_file ?? ''), text);
    const source_sha256 = createHash('sha256').update(text).digest('hex');
    await db.updateTable('deliveries').set({ state: 'sent', filed: 0, source_sha256 }).execute();
    await db.destroy();

    await server.restart();
    await sendMail(server, { to, text: '[[reply: Second.]]' });
    const replies = await server.answers(2);
    expect(replies.map((mail) => mail.text?.split('\n')[0])).toEqual(['Kept.', 'Second.']);
    // A mail is out before its file is moved.
    await eventually(() => readdirSync(join(outbox, 'email'))).toEqual([]);
    expect(readdirSync(join(outbox, 'sent'))).toContain(delivery.source_file);
  });
});

describe('SIGTERM', () => {
  it('lets the running turn finish, then exits 0', async () => {
    const model = await startAnthropicStandIn();
    const server = await startTinyfat({
      environment: { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: model.url },
      agents: { scout: [] },
    });
    try {
      await sendMail(server, { to: 'scout@tinyfat.localhost', text: '[[gate: turn]] [[reply: In time.]]' });
      await model.arrived('turn');
      const stopped = server.kill('SIGTERM');
      model.release('turn');
      await stopped;
      expect(server.exitCode()).toBe(0);
      const replies = readdirSync(join(server.dataDir, 'mailbox/new'));
      expect(replies).toHaveLength(1);
    } finally {
      await server.dispose();
      await model.close();
    }
  });
});
