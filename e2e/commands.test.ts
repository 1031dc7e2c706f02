/** Commands by mail: answered without a model call, and what they change holds for the next turn. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type Mail from 'nodemailer/lib/mailer';
import { describe, expect, it } from 'vitest';
import type { ReceivedMail } from './support/mail.ts';
import { startStory } from './support/story.ts';

describe('commands', async () => {
  const { model, server, ask } = await startStory();
  const mail = (subject: string, text = '') => ask({ subject, text });
  const agentFolder = () =>
    join(server.dataDir, 'agents', readdirSync(join(server.dataDir, 'agents'))[0] ?? '');
  const hashOf = (reply: ReceivedMail) => reply.text?.match(/\[scout:([0-9a-f]{4}) /)?.[1];
  const newestModel = () => (model.requests.at(-1) as { body: { model: string } }).body.model;

  it('never reach the model', async () => {
    await mail('Begin', 'One. [[reply: First.]]');
    const before = model.requests.length;
    for (const command of ['/status', '/help', '/model', '/resume', '/nonsense']) await mail(command);
    await mail('Some subject', '/status\n\n-- \nOwner');
    expect(model.requests.length).toBe(before);
  });

  it('/model shows the names, changes the model for the next turn, and refuses an unknown one', async () => {
    expect((await mail('/model')).text).toContain('sonnet – claude-sonnet-');
    expect((await mail('/model sonnet')).text).toMatch(/^claude-sonnet-[\d-]+ \(/m);
    await mail('Next', 'Which? [[reply: This one.]]');
    expect(newestModel()).toMatch(/^claude-sonnet-/);
    expect((await mail('/model gpt-9')).text).toContain('no model of that name');
    const near = (await mail('/model sonet')).text;
    expect(near).toContain('Did you mean /model sonnet?');
    expect(near).toContain('haiku – claude-haiku-');
    await mail('Next', 'Which now? [[reply: Still.]]');
    expect(newestModel()).toMatch(/^claude-sonnet-/);
    expect(JSON.parse(readFileSync(join(agentFolder(), 'config.json'), 'utf8'))).toMatchObject({
      model: 'sonnet',
      session_scope: 'agent',
    });
    await mail('/model claude-haiku-4-5');
    await mail('Next', 'And? [[reply: Back.]]');
    expect(newestModel()).toBe('claude-haiku-4-5');
  });

  it('/clear begins a new session; /resume lists both and goes back to the old one', async () => {
    const before = hashOf(await mail('Old', 'My word is plum. [[reply: Noted.]]'));
    const cleared = await mail('/clear');
    expect(cleared.text).toContain(`/resume ${before}`);
    const fresh = await mail('New', 'Start. [[reply: Fresh.]]');
    expect(hashOf(fresh)).not.toBe(before);
    expect(JSON.stringify(model.requests.at(-1)?.body)).not.toContain('plum');
    const list = (await mail('/resume')).text ?? '';
    expect(list).toMatch(new RegExp(`^${before} – Begin`, 'm'));
    expect(list).toMatch(new RegExp(`${hashOf(fresh)}.*\\(current\\)`));
    expect((await mail(`/resume ${before}`)).text).toContain('Resumed session');
    expect(hashOf(await mail('Back', 'Again. [[reply: Here.]]'))).toBe(before);
    expect(JSON.stringify(model.requests.at(-1)?.body)).toContain('plum');
    expect((await mail('/resume ffff0000ffff')).text).toContain('There is no such session');
  });

  it('/compact shortens the session with a model call and says what it did', async () => {
    for (let index = 0; index < 2; index++)
      await mail('Long', `${'words '.repeat(20_000)} [[reply: ok ${index}]]`);
    const before = model.requests.length;
    const reply = await mail('/compact keep the numbers');
    expect(model.requests.length).toBeGreaterThan(before);
    expect(JSON.stringify(model.requests.slice(before).map((request) => request.body))).toContain(
      'keep the numbers',
    );
    expect(reply.text).toMatch(/\d/);
    const [newest] = await server.json(['mails', 'scout']);
    expect(newest.state).toBe('replied');
    const [run] = await server.json(['runs', 'scout']);
    expect(run).toMatchObject({ kind: '/compact', cost_usd: expect.any(Number) });
    expect(run.cost_usd).toBeGreaterThan(0);
    const db = new DatabaseSync(join(server.dataDir, 'tinyfat.sqlite'), { readOnly: true });
    const sums = db.prepare(
      'select (select sum(cost_micro_usd) from usage_days) as days, (select sum(round(cost_usd * 1000000)) from runs) as runs',
    );
    const { days, runs } = sums.get() ?? {};
    db.close();
    expect(days).toBe(runs);
  });

  it('/status tells model, session, use and waiting mail', async () => {
    const { text } = await mail('/status');
    expect(text).toContain('scout@tinyfat.localhost');
    expect(text).toContain('claude-haiku-4-5');
    expect(text).toMatch(/Turns so far: \d+, \d+ tokens, \$\d/);
    expect(text).toContain('0 waiting, 0 to approve');
  });

  it('are answered where they are mistyped, and say what was meant', async () => {
    const before = model.requests.length;
    const lone = await mail('/modle');
    expect(lone.text).toContain('/modle is none, so nothing was done. Did you mean /model?');
    expect(lone.text).toContain('/status – tells model');
    const beside = await mail('Hello', '/resum 9f3a\n\nAnd then go on.');
    expect(beside.text).toContain('Did you mean /resume 9f3a?');
    expect(model.requests.length).toBe(before);
    await mail('/r/linux', 'What do they say? [[reply: Much.]]');
    await mail('/etc/hosts is broken', '[[reply: Mended.]]');
    expect(model.requests.length).toBe(before + 2);
  });

  it('are not found in quoted text, and a mail that only begins like one is for the agent', async () => {
    const before = model.requests.length;
    await mail('Re: Talk', 'Fine. [[reply: Good.]]\n\nOn Monday, Owner wrote:\n> /clear\n> /model opus');
    await mail('/etc/passwd is broken', 'Please look. [[reply: I did.]]');
    expect(model.requests.length).toBe(before + 2);
  });

  it('are not found in hidden or forwarded text, which reaches the model apart or not at all', async () => {
    const asked = async (message: Mail.Options): Promise<string> => {
      await ask(message);
      return JSON.stringify(model.requests.at(-1)?.body);
    };
    const before = model.requests.length;
    const html = '<p style="display:none">/model unseen-words</p><p>Look at it. [[reply: Seen.]]</p>';
    const hidden = await asked({ subject: 'Hidden', html });
    expect(hidden).toContain('Look at it.');
    expect(hidden).not.toContain('unseen-words');
    const mark = '---------- Forwarded message ---------\nFrom: Eve <eve@evil.example>';
    const forwarded = await asked({
      subject: 'Fwd: /clear',
      text: `Sum it up. [[reply: Done.]]\n\n${mark}\n\n/model opus`,
    });
    expect(forwarded).toMatch(/<forwarded_text nonce=.{1,100}---------- Forwarded message/);
    expect(forwarded).not.toMatch(/Sum it up[^>]*Forwarded message/);
    expect(model.requests.length).toBe(before + 2);
  });

  it('shows commands as such among the mails', async () => {
    const mails = await server.json(['mails', 'scout']);
    const states = mails
      .filter((one: { subject: string }) => one.subject.startsWith('/model'))
      .map((one: { state: string }) => one.state);
    expect(new Set(states)).toEqual(new Set(['command']));
  });
});
