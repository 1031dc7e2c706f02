/** One mail, one turn, one reply: the whole way. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { header, type ReceivedMail, sendMail } from './support/mail.ts';
import { startStory } from './support/story.ts';

const KEY = 'sk-ant-the-real-key-0123456789';

describe('a mail from an allowed sender', async () => {
  const { model, server } = await startStory({ key: KEY, agents: { scout: ['ann@example.org'] } });
  let messageId: string;
  let reply: ReceivedMail;
  beforeAll(async () => {
    messageId = await sendMail(server, {
      from: 'Ann <ann@example.org>',
      to: 'scout@tinyfat.localhost',
      subject: 'A question',
      text: 'What is it? [[reply: It is **this**.]]',
    });
    [reply] = (await server.answers(1)) as [ReceivedMail];
  });

  it('is answered in its thread, to its sender, by the agent', () => {
    expect(reply.from?.address).toBe('scout@tinyfat.localhost');
    expect(reply.to?.map((to) => to.address)).toEqual(['ann@example.org']);
    expect(reply.subject).toBe('Re: A question');
    expect(reply.inReplyTo).toBe(messageId);
    expect(reply.references).toBe(messageId);
    expect(reply.messageId).toMatch(/^<[0-9a-f-]{36}@tinyfat\.localhost>$/);
  });

  it('carries text, HTML made from the Markdown, and the footer of the turn', () => {
    const hash = readdirSync(join(server.dataDir, 'agents', agentId(), 'sessions'))[0]?.match(
      /-([0-9a-f]{4})[0-9a-f]{8}\.jsonl$/,
    )?.[1];
    const footer = new RegExp(
      `\\n---\\n\\[scout:${hash} \\| ↑19 ↓7 R3\\.0k W1\\.2k \\$\\d\\.\\d{3} \\d+\\.\\d%/1\\.0M \\| claude-haiku-5-5\\]\\s*$`,
    );
    expect(reply.text?.startsWith('It is **this**.')).toBe(true);
    expect(reply.text).toMatch(footer);
    expect(reply.html).toContain('<strong');
    expect(reply.html).toContain('claude-haiku-5-5');
  });

  it('is marked so that no machine answers it', () => {
    expect(header(reply, 'auto-submitted')).toBe('auto-replied');
    expect(header(reply, 'x-auto-response-suppress')).toBe('All');
  });

  it('reached the model once, with the real key put in by the gateway', () => {
    expect(model.problems).toEqual([]);
    expect(model.requests).toHaveLength(1);
    expect(model.requests[0]?.headers['x-api-key']).toBe(KEY);
    const body = JSON.stringify(model.requests[0]?.body);
    expect(body).toContain('Subject: A question');
    expect(body).toContain('ann@example.org');
    expect(body).not.toContain(KEY);
  });

  it('is on record as replied, with a run that has the figures', async () => {
    // A mail is out before that is on record.
    await eventually(async () => (await server.json(['mails', 'scout']))[0].state).toBe('replied');
    const [mail] = await server.json(['mails', 'scout']);
    expect(mail).toMatchObject({ from: 'ann@example.org', verdict: 'accepted', state: 'replied' });
    const [run] = await server.json(['runs', 'scout']);
    expect(run).toMatchObject({ status: 'done', attempt: 1, tokens: 19 + 7 + 3000 + 1200 });
    expect(run.cost_usd).toBeGreaterThan(0);
    const shown = await server.json(['run', 'show', run.id]);
    expect(shown.run.llm_requests).toBe(1);
    expect(shown.events.map((event: { type: string }) => event.type)).toEqual([
      'start',
      'usage',
      'text',
      'end',
    ]);
    expect(shown.deliveries).toMatchObject([{ kind: 'reply', state: 'sent', file: `${run.id}.json` }]);
  });

  it('leaves the sent mail, the session and the memory as files of the agent', async () => {
    const folder = join(server.dataDir, 'agents', agentId());
    // A mail is out before its file is moved.
    await eventually(() => readdirSync(join(folder, 'outbox/email'))).toEqual([]);
    const [sent] = readdirSync(join(folder, 'outbox/sent'));
    const record = JSON.parse(readFileSync(join(folder, 'outbox/sent', sent ?? ''), 'utf8'));
    expect(record).toMatchObject({
      body: 'It is **this**.',
      status: 'sent',
      provider: 'maildir',
      message_id: reply.messageId,
    });
    expect(Date.parse(record.sent_at)).not.toBeNaN();
    const [session] = readdirSync(join(folder, 'sessions'));
    const [head] = readFileSync(join(folder, 'sessions', session ?? ''), 'utf8').split('\n');
    expect(JSON.parse(head ?? '')).toMatchObject({ type: 'session', version: 3 });
    expect(readFileSync(join(folder, 'MEMORY.md'), 'utf8')).toContain('Owner: owner@example.com');
  });

  it('leaves the key nowhere but in the environment of the server', async () => {
    const { execFileSync } = await import('node:child_process');
    const found = execFileSync('sh', ['-c', 'grep -rlaF -- "$1" "$2" || true', 'sh', KEY, server.dataDir], {
      encoding: 'utf8',
    });
    expect(found).toBe('');
    expect(server.output()).not.toContain(KEY);
  });

  function agentId(): string {
    return readdirSync(join(server.dataDir, 'agents'))[0] ?? '';
  }
});
