/** Invariant 10: money is set aside before it is spent, counted as it flows, and stopped at the cap. */
import { describe, expect, it, vi } from 'vitest';
import { openDatabaseOf } from './support/engine.ts';
import { header, sendMail } from './support/mail.ts';
import { type Story, startStory } from './support/story.ts';

const MODEL = 'claude-haiku-4-5';
/** An answer of Haiku 4.5 with so many tokens costs $0.30 and a little. */
const DEAR = '[[usage: {"output": 60000}]]';

describe('a budget', async () => {
  const usual = await startStory({
    model: MODEL,
    agents: { stopped: [], half: [], warned: [], killed: [] },
  });
  const capped = await startStory({
    model: MODEL,
    environment: { OWNER_BUDGET_USD: '0', WORKERS: '3' },
    agents: { scout: [] },
  });
  const { model, server, ask } = usual;
  const at = (agent: string) => `${agent}@tinyfat.localhost`;
  const requestsOf = ({ model }: Story, agent: string) =>
    model.requests.filter(({ body }) => JSON.stringify(body).includes(at(agent)));
  const budget = async ({ server }: Story, words: string) => {
    const done = await server.cli(['budget', ...words.split(' ')]);
    expect(done).toMatchObject({ code: 0 });
  };
  /** `expect.poll` is for tests that run alone. */
  const until = (holds: () => unknown) => vi.waitFor(holds, { timeout: 20_000 });
  /** What the database holds of the newest run. */
  const row = async () => {
    const db = await openDatabaseOf(server);
    try {
      return await db.selectFrom('runs').selectAll().orderBy('started_at', 'desc').executeTakeFirstOrThrow();
    } finally {
      await db.destroy();
    }
  };

  it.concurrent('stops the request that may not fit any more, tells the sender, and works again once it is raised', async () => {
    const send = (text: string) => ask({ to: at('stopped'), text });
    await budget(usual, 'set stopped 0.31');
    expect((await send(`${DEAR} [[reply: First.]]`)).text).toContain('First.');
    expect(await server.json(['budget', 'show', 'stopped'])).toMatchObject([
      {
        scope: 'agent',
        monthly_usd: 0.31,
        spent_usd: expect.closeTo(0.3018, 4),
        reserved_usd: 0,
        state: 'low',
      },
    ]);

    const refusal = await send('[[reply: Second.]]');
    expect(refusal.text).toContain('The budget of this agent is $0.31 a month, and $0.008181 of it is left.');
    expect(refusal.text).toContain('tinyfat budget set NAME USD');
    expect(header(refusal, 'auto-submitted')).toBe('auto-replied');
    expect((await server.json(['runs', 'stopped']))[0]).toMatchObject({
      status: 'failed',
      error: 'budget_exhausted',
      attempt: 1,
      cost_usd: 0,
    });
    expect((await server.json(['mails', 'stopped']))[0]).toMatchObject({ state: 'failed' });
    expect(requestsOf(usual, 'stopped')).toHaveLength(1);

    expect((await send('/status')).text).toMatch(/This month: \$0\.30 \(budget: \$0\.31\)/);

    await budget(usual, 'set stopped 5');
    expect((await send('[[reply: Third.]]')).text).toContain('Third.');
  });

  it.concurrent('that is used up starts no turn at all, but commands still work', async () => {
    const { server, ask } = capped;
    const send = (text: string) => ask({ to: at('scout'), text });
    const refusal = await send('[[reply: Never.]]');
    expect(refusal.text).toContain('that all agents of this owner share is $0.00 a month');
    expect(requestsOf(capped, 'scout')).toHaveLength(0);
    expect((await server.json(['runs', 'scout']))[0]).toMatchObject({ error: 'budget_exhausted' });
    expect((await send('/help')).text).toContain('/status');
    await budget(capped, 'set --owner owner@example.com 5');
    expect((await send('[[reply: Now.]]')).text).toContain('Now.');
  });

  it.concurrent('keeps what the agent had done and written before it was stopped', async () => {
    await budget(usual, 'set half 0.31');
    const command = `echo '{"to":"owner@example.com","subject":"Half","body":"A note."}' > /data/outbox/email/note.json`;
    const text = `${DEAR} [[tool: bash ${JSON.stringify({ command })}]] [[reply: Never.]]`;
    await sendMail(server, { to: at('half'), text });
    const answers = async () =>
      (await server.answers(0)).filter(({ from }) => from?.address === at('half')).map(({ text }) => text);
    await until(async () => expect(await answers()).toHaveLength(2));
    expect((await answers()).join()).toMatch(/A note\./);
    expect((await answers()).join()).toMatch(/budget of this agent/);
    expect((await server.json(['runs', 'half']))[0]).toMatchObject({
      error: 'budget_exhausted',
      cost_usd: expect.closeTo(0.3018, 4),
    });
  });

  it.concurrent('warns in the log from four fifths on', async () => {
    await budget(usual, 'set warned 0.37');
    await ask({ to: at('warned'), text: `${DEAR} [[reply: First.]]` });
    await until(() => expect(server.output()).toMatch(/budget_low.*"agent":"warned"/));
  });

  it.concurrent('of an owner is never passed by two agents at once: the second waits for what the first holds', async () => {
    const { model, server, ask } = capped;
    const from = 'both@example.com';
    for (const name of ['first', 'second']) {
      expect((await server.cli(['agent', 'create', name, '--owner', from, '--model', MODEL])).code).toBe(0);
    }
    await budget(capped, `set --owner ${from} 0.05`);
    const runs = async () => [
      ...(await server.json(['runs', 'first'])),
      ...(await server.json(['runs', 'second'])),
    ];
    const one = ask({ from, to: at('first'), text: '[[gate: first]] [[reply: One.]]' });
    await model.arrived('first');
    const two = ask({ from, to: at('second'), text: '[[reply: Two.]]' });
    await until(async () => expect(await runs()).toHaveLength(2));
    const [shown] = await server.json(['budget', 'show', '--owner', from]);
    expect(shown.spent_usd + shown.reserved_usd).toBeLessThanOrEqual(0.05);
    expect([...requestsOf(capped, 'first'), ...requestsOf(capped, 'second')]).toHaveLength(1);
    model.release('first');
    expect((await one).text).toContain('One.');
    expect((await two).text).toContain('Two.');
    expect(await server.json(['budget', 'show', '--owner', from])).toMatchObject([{ reserved_usd: 0 }]);
  });

  it('knows after kill -9 what the turn had cost by then', async () => {
    await budget(usual, 'set killed 5');
    const text = `${DEAR} [[tool: bash {"command":"true"}]] [[usage: {"output": 7}]] [[gate: later]] [[reply: Done.]]`;
    const answer = ask({ to: at('killed'), text });
    await model.arrived('later');
    await until(async () => expect(await row()).toMatchObject({ llm_requests: 2 }));
    await server.kill('SIGKILL');
    const killed = await row();
    expect(killed).toMatchObject({ status: 'running', output_tokens: 60_000 });
    // The second request was under way: its input counts, though no answer had come.
    expect(killed.cost_usd).toBeGreaterThan(0.302);
    expect(killed.reserved_micro_usd).toBeGreaterThan(0);
    model.release('later');
    await server.restart();
    expect((await answer).text).toContain('Done.');
    const ended = await row();
    expect(ended).toMatchObject({ status: 'done', attempt: 2, reserved_micro_usd: 0 });
    expect(ended.cost_usd).toBeGreaterThan(killed.cost_usd);
  });
});
