/** What the sender is told when the model fails, and that a try is repeated only where that helps. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { header } from './support/mail.ts';
import { type Story, startStory } from './support/story.ts';

describe('a model that fails', async () => {
  const key = 'sk-secret';
  const agents = (names: string[]) => Object.fromEntries(names.map((name) => [name, []]));
  // Their turns wait for the end of their time, side by side.
  const short = await startStory({
    key,
    environment: { TURN_TIMEOUT_S: '6', WORKERS: '4' },
    agents: agents(['tool', 'late', 'silent', 'halfway']),
  });
  const usual = await startStory({
    key,
    agents: agents([
      ...['unauthorized', 'flaky', 'overloaded', 'limited', 'dropped', 'overflow'],
      ...['refusal', 'full', 'poor', 'poisoned'],
    ]),
  });
  /** One agent for each test, so that they may run at once. */
  const agentOf = ({ server, model, ask }: Story, name: string) => ({
    ask: (text: string) => ask({ to: `${name}@tinyfat.localhost`, text }),
    requests: () =>
      model.requests.filter(({ body }) => JSON.stringify(body).includes(`${name}@tinyfat.localhost`)),
    run: async () => (await server.json(['runs', name]))[0],
    mails: () => server.json(['mails', name]),
  });
  const processes = (pattern: string) => spawnSync('pgrep', ['-f', pattern], { encoding: 'utf8' }).stdout;

  it.concurrent('a tool that runs too long is ended before the turn is, so that the model can say so', async () => {
    const { ask } = agentOf(short, 'tool');
    const reply = await ask('[[tool: bash {"command":"sleep 987654"}]] [[reply: It said: {output}]]');
    expect(reply.text).toMatch(/It said:.*timed out/is);
    expect(processes('sleep 98765[4]')).toBe('');
  });

  it.concurrent('a turn that takes too long: ended at the deadline, with everything it started', async () => {
    const { ask, run } = agentOf(short, 'late');
    const reply = await ask('[[tool: bash {"command":"sleep 876543"}]] [[hang]]');
    expect(reply.text).toMatch(/longer than/i);
    expect(await run()).toMatchObject({ status: 'failed', error: 'deadline', attempt: 1 });
    expect(processes('sleep 87654[3]')).toBe('');
  });

  it.concurrent('a model that never answers: ended by the stall watchdog', async () => {
    const { ask, run } = agentOf(short, 'silent');
    const reply = await ask('[[hang]]');
    expect(reply.text).toMatch(/stopped|stall|no word|longer/i);
    expect(['llm_stalled', 'deadline']).toContain((await run()).error);
  });

  it.concurrent('a model that falls silent in the middle: ended too', async () => {
    const { ask, run } = agentOf(short, 'halfway');
    await ask('[[hangmid]] [[reply: Only half of this.]]');
    expect(['llm_stalled', 'deadline']).toContain((await run()).error);
  });

  it.concurrent('a refused key: one request, one error mail in the thread, no retry', async () => {
    const { ask, requests, run, mails } = agentOf(usual, 'unauthorized');
    const reply = await ask('[[status: 401]]');
    expect(requests()).toHaveLength(1);
    expect(reply.text).toContain('API key');
    expect(reply.text).not.toContain('sk-secret');
    expect(reply.subject).toBe('Re: Hello');
    expect(header(reply, 'auto-submitted')).toBe('auto-replied');
    expect(await run()).toMatchObject({ status: 'failed', error: 'llm_unauthorized', attempt: 1 });
    const [mail] = await mails();
    expect(mail.state).toBe('failed');
  });

  it.concurrent('an overload that passes: retried inside the turn, answered', async () => {
    const { ask, run } = agentOf(usual, 'flaky');
    const reply = await ask('[[flaky: 2]] [[reply: After all.]]');
    expect(reply.text).toContain('After all.');
    expect(await run()).toMatchObject({ status: 'done', attempt: 1 });
  });

  it.concurrent('an overload that stays: every attempt is made, then the sender is told', async () => {
    const { ask, requests, run } = agentOf(usual, 'overloaded');
    const reply = await ask('[[status: 529]]');
    expect(reply.text).toContain('overloaded');
    expect(await run()).toMatchObject({ status: 'failed', error: 'llm_overloaded', attempt: 3 });
    expect(requests().length).toBe(3 * 4);
  });

  it.concurrent('a rate limit that stays: the sender is told to come again', async () => {
    const { ask, run } = agentOf(usual, 'limited');
    const reply = await ask('[[status: 429]]');
    expect(reply.text).toContain('no more requests at the moment');
    expect(await run()).toMatchObject({ error: 'llm_rate_limited', attempt: 3 });
  });

  it.concurrent('a connection that drops in the middle of an answer: half an answer is never sent', async () => {
    const { ask, run } = agentOf(usual, 'dropped');
    const reply = await ask('[[drop]] [[reply: This text is cut somewhere in its middle.]]');
    expect(reply.text).toContain('could not be reached');
    expect(reply.text).not.toContain('This text');
    expect(await run()).toMatchObject({ error: 'llm_unreachable', attempt: 3 });
  });

  it.concurrent('a conversation that is too long: the sender learns about /compact and /clear', async () => {
    const { ask, run } = agentOf(usual, 'overflow');
    const reply = await ask('[[overflow]]');
    expect(reply.text).toMatch(/\/compact|\/clear/);
    expect(await run()).toMatchObject({ error: 'llm_overflow', attempt: 1 });
  });

  it.concurrent('a refusal, whatever the provider says about it: one request, and the sender is told', async () => {
    const { ask, requests, run } = agentOf(usual, 'refusal');
    const reply = await ask('[[stop: refusal]] [[reply: I began to say]]');
    expect(requests()).toHaveLength(1);
    expect(reply.text).toContain('declined to answer');
    expect(reply.text).not.toMatch(/I began|overloaded/);
    expect(await run()).toMatchObject({ status: 'failed', error: 'llm_refused', attempt: 1 });
  });

  it.concurrent('a full context window: what was written until then is the answer', async () => {
    const { ask, requests, run } = agentOf(usual, 'full');
    const reply = await ask('[[stop: model_context_window_exceeded]] [[reply: The first half]]');
    expect(requests()).toHaveLength(1);
    expect(reply.text).toMatch(/^The first half\s+\(The answer ends here/);
    expect(await run()).toMatchObject({ status: 'done', attempt: 1 });
  });

  it.concurrent('no credit at the provider: the owner learns that it is about money', async () => {
    const { ask, requests, run } = agentOf(usual, 'poor');
    const reply = await ask('[[status: 400 Your credit balance is too low to access the Anthropic API.]]');
    expect(requests()).toHaveLength(1);
    expect(reply.text).toMatch(/credit/);
    expect(reply.text).not.toContain('differently');
    expect(await run()).toMatchObject({ status: 'failed', error: 'llm_billing', attempt: 1 });
  });

  it.concurrent('lets the next mail through after a poisonous one', async () => {
    const { ask } = agentOf(usual, 'poisoned');
    await ask('[[status: 401]]');
    expect((await ask('[[reply: fine again]]')).text).toContain('fine again');
  });
});
