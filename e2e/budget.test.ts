/** Invariant 10: money is set aside before it is spent, counted as it flows, and stopped at the cap. */
import { join } from 'node:path';
import { openSqlite } from '@tinyfat/database/sqlite';
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { header, sendMail } from './support/mail.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

/** An answer of Haiku 4.5 with so many tokens costs $0.30 and a little. */
const DEAR = '[[usage: {"output": 60000}]]';

describe('a budget', () => {
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
      agents: { scout: [], other: [] },
      model: 'claude-haiku-4-5',
    });
  };
  const send = (text: string, to = 'scout') => sendMail(server, { to: `${to}@tinyfat.localhost`, text });
  const lastAnswer = async (count: number) => (await server.answers(count)).at(-1);
  const runs = () => server.json(['runs']);
  const budget = async (words: string) => {
    const done = await server.cli(['budget', ...words.split(' ')]);
    expect(done).toMatchObject({ code: 0 });
  };
  /** What the database holds of the newest run. */
  const row = async () => {
    const db = await openSqlite(join(server.dataDir, 'tinyfat.sqlite'));
    try {
      return await db.selectFrom('runs').selectAll().orderBy('started_at', 'desc').executeTakeFirstOrThrow();
    } finally {
      await db.destroy();
    }
  };

  it('stops the request that may not fit any more, tells the sender, and works again once it is raised', async () => {
    await start();
    await budget('set scout 0.31');
    await send(`${DEAR} [[reply: First.]]`);
    expect((await lastAnswer(1))?.text).toContain('First.');
    expect(await server.json(['budget', 'show', 'scout'])).toMatchObject([
      {
        scope: 'agent',
        monthly_usd: 0.31,
        spent_usd: expect.closeTo(0.3018, 4),
        reserved_usd: 0,
        state: 'low',
      },
    ]);

    await send('[[reply: Second.]]');
    const refusal = await lastAnswer(2);
    expect(refusal?.text).toContain(
      'The budget of this agent is $0.31 a month, and $0.008181 of it is left.',
    );
    expect(refusal?.text).toContain('tinyfat budget set NAME USD');
    expect(refusal && header(refusal, 'auto-submitted')).toBe('auto-replied');
    expect((await runs())[0]).toMatchObject({
      status: 'failed',
      error: 'budget_exhausted',
      attempt: 1,
      cost_usd: 0,
    });
    expect((await server.json(['mails']))[0]).toMatchObject({ state: 'failed' });
    expect(model.requests).toHaveLength(1);

    await send('/status');
    expect((await lastAnswer(3))?.text).toMatch(/This month: \$0\.30 \(budget: \$0\.31\)/);

    await budget('set scout 5');
    await send('[[reply: Third.]]');
    expect((await lastAnswer(4))?.text).toContain('Third.');
  });

  it('that is used up starts no turn at all, but commands still work', async () => {
    await start({ OWNER_BUDGET_USD: '0' });
    await send('[[reply: Never.]]');
    const refusal = await lastAnswer(1);
    expect(refusal?.text).toContain('that all agents of this owner share is $0.00 a month');
    expect(model.requests).toHaveLength(0);
    expect((await runs())[0]).toMatchObject({ error: 'budget_exhausted' });
    await send('/help');
    expect((await lastAnswer(2))?.text).toContain('/status');
    await budget('set --owner owner@example.com 5');
    await send('[[reply: Now.]]');
    expect((await lastAnswer(3))?.text).toContain('Now.');
  });

  it('keeps what the agent had done and written before it was stopped', async () => {
    await start();
    await budget('set scout 0.31');
    const command = `echo '{"to":"owner@example.com","subject":"Half","body":"A note."}' > /data/outbox/email/note.json`;
    await send(`${DEAR} [[tool: bash ${JSON.stringify({ command })}]] [[reply: Never.]]`);
    const answers = await server.answers(2);
    expect(answers.map(({ text }) => text).join()).toMatch(/A note\./);
    expect(answers.map(({ text }) => text).join()).toMatch(/budget of this agent/);
    expect((await runs())[0]).toMatchObject({
      error: 'budget_exhausted',
      cost_usd: expect.closeTo(0.3018, 4),
    });
  });

  it('warns in the log from four fifths on', async () => {
    await start();
    await budget('set scout 0.37');
    await send(`${DEAR} [[reply: First.]]`);
    await server.answers(1);
    await eventually(() => server.output()).toContain('budget_low');
  });

  it('of an owner is never passed by two agents at once: the second waits for what the first holds', async () => {
    await start({ OWNER_BUDGET_USD: '0.05', WORKERS: '2' });
    await send('[[gate: first]] [[reply: One.]]');
    await model.arrived('first');
    await send('[[reply: Two.]]', 'other');
    await eventually(async () => (await runs()).length).toBe(2);
    const [shown] = await server.json(['budget', 'show']);
    expect(shown.spent_usd + shown.reserved_usd).toBeLessThanOrEqual(0.05);
    expect(model.requests).toHaveLength(1);
    model.release('first');
    const texts = (await server.answers(2)).map(({ text }) => text).join();
    expect(texts).toContain('One.');
    expect(texts).toContain('Two.');
    expect(await server.json(['budget', 'show'])).toMatchObject([{ reserved_usd: 0 }]);
  });

  it('knows after kill -9 what the turn had cost by then', async () => {
    await start();
    await budget('set scout 5');
    await send(
      `${DEAR} [[tool: bash {"command":"true"}]] [[usage: {"output": 7}]] [[gate: later]] [[reply: Done.]]`,
    );
    await model.arrived('later');
    await eventually(async () => (await row()).llm_requests).toBe(2);
    await server.kill('SIGKILL');
    const killed = await row();
    expect(killed).toMatchObject({ status: 'running', output_tokens: 60_000 });
    // The second request was under way: its input counts, though no answer had come.
    expect(killed.cost_usd).toBeGreaterThan(0.302);
    expect(killed.reserved_micro_usd).toBeGreaterThan(0);
    model.release('later');
    await server.restart();
    expect((await lastAnswer(1))?.text).toContain('Done.');
    const ended = await row();
    expect(ended).toMatchObject({ status: 'done', attempt: 2, reserved_micro_usd: 0 });
    expect(ended.cost_usd).toBeGreaterThan(killed.cost_usd);
  });
});
