/** What the sender is told when the model fails, and that a try is repeated only where that helps. */
import { spawnSync } from 'node:child_process';
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { header, type ReceivedMail, sendMail } from './support/mail.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

describe('a model that fails', () => {
  let model: AnthropicStandIn;
  let server: Tinyfat;
  beforeEach(async () => {
    model = await startAnthropicStandIn();
  });
  afterEach(async () => {
    await server?.dispose();
    await model?.close();
  });
  const ask = async (text: string, environment: Record<string, string> = {}): Promise<ReceivedMail> => {
    server = await startTinyfat({
      environment: { ANTHROPIC_API_KEY: 'sk-secret', ANTHROPIC_BASE_URL: model.url, ...environment },
      agents: { scout: [] },
    });
    await sendMail(server, { to: 'scout@tinyfat.localhost', subject: 'Hello', text });
    return (await server.answers(1))[0] as ReceivedMail;
  };
  const processes = (pattern: string) => spawnSync('pgrep', ['-f', pattern], { encoding: 'utf8' }).stdout;
  const run = async () => (await server.json(['runs']))[0];

  it('a refused key: one request, one error mail in the thread, no retry', async () => {
    const reply = await ask('[[status: 401]]');
    expect(model.requests).toHaveLength(1);
    expect(reply.text).toContain('API key');
    expect(reply.text).not.toContain('sk-secret');
    expect(reply.subject).toBe('Re: Hello');
    expect(header(reply, 'auto-submitted')).toBe('auto-replied');
    expect(await run()).toMatchObject({ status: 'failed', error: 'llm_unauthorized', attempt: 1 });
    const [mail] = await server.json(['mails']);
    expect(mail.state).toBe('failed');
  });

  it('an overload that passes: retried inside the turn, answered', async () => {
    const reply = await ask('[[flaky: 2]] [[reply: After all.]]');
    expect(reply.text).toContain('After all.');
    expect(await run()).toMatchObject({ status: 'done', attempt: 1 });
  });

  it('an overload that stays: every attempt is made, then the sender is told', async () => {
    const reply = await ask('[[status: 529]]');
    expect(reply.text).toContain('overloaded');
    expect(await run()).toMatchObject({ status: 'failed', error: 'llm_overloaded', attempt: 3 });
    expect(model.requests.length).toBe(3 * 4);
  });

  it('a rate limit that stays: the sender is told to come again', async () => {
    const reply = await ask('[[status: 429]]');
    expect(reply.text).toContain('no more requests at the moment');
    expect(await run()).toMatchObject({ error: 'llm_rate_limited', attempt: 3 });
  });

  it('a connection that drops in the middle of an answer: half an answer is never sent', async () => {
    const reply = await ask('[[drop]] [[reply: This text is cut somewhere in its middle.]]');
    expect(reply.text).toContain('could not be reached');
    expect(reply.text).not.toContain('This text');
    expect(await run()).toMatchObject({ error: 'llm_unreachable', attempt: 3 });
  });

  it('a model that never answers: ended by the stall watchdog', async () => {
    const reply = await ask('[[hang]]', { TURN_TIMEOUT_S: '6' });
    expect(reply.text).toMatch(/stopped|stall|no word|longer/i);
    expect(['llm_stalled', 'deadline']).toContain((await run()).error);
  });

  it('a model that falls silent in the middle: ended too', async () => {
    await ask('[[hangmid]] [[reply: Only half of this.]]', { TURN_TIMEOUT_S: '6' });
    expect(['llm_stalled', 'deadline']).toContain((await run()).error);
  });

  it('a tool that runs too long is ended before the turn is, so that the model can say so', async () => {
    const reply = await ask('[[tool: bash {"command":"sleep 987654"}]] [[reply: It said: {output}]]', {
      TURN_TIMEOUT_S: '6',
    });
    expect(reply.text).toMatch(/It said:.*timed out/is);
    expect(processes('sleep 98765[4]')).toBe('');
  });

  it('a turn that takes too long: ended at the deadline, with everything it started', async () => {
    const reply = await ask('[[tool: bash {"command":"sleep 876543"}]] [[hang]]', { TURN_TIMEOUT_S: '6' });
    expect(reply.text).toMatch(/longer than/i);
    expect(await run()).toMatchObject({ status: 'failed', error: 'deadline', attempt: 1 });
    expect(processes('sleep 87654[3]')).toBe('');
  });

  it('a conversation that is too long: the sender learns about /compact and /clear', async () => {
    const reply = await ask('[[overflow]]');
    expect(reply.text).toMatch(/\/compact|\/clear/);
    expect(await run()).toMatchObject({ error: 'llm_overflow', attempt: 1 });
  });

  it('a refusal, whatever the provider says about it: one request, and the sender is told', async () => {
    const reply = await ask('[[stop: refusal]] [[reply: I began to say]]');
    expect(model.requests).toHaveLength(1);
    expect(reply.text).toContain('declined to answer');
    expect(reply.text).not.toMatch(/I began|overloaded/);
    expect(await run()).toMatchObject({ status: 'failed', error: 'llm_refused', attempt: 1 });
  });

  it('a full context window: what was written until then is the answer', async () => {
    const reply = await ask('[[stop: model_context_window_exceeded]] [[reply: The first half]]');
    expect(model.requests).toHaveLength(1);
    expect(reply.text).toMatch(/^The first half\s+\(The answer ends here/);
    expect(await run()).toMatchObject({ status: 'done', attempt: 1 });
  });

  it('no credit at the provider: the owner learns that it is about money', async () => {
    const reply = await ask('[[status: 400 Your credit balance is too low to access the Anthropic API.]]');
    expect(model.requests).toHaveLength(1);
    expect(reply.text).toMatch(/credit/);
    expect(reply.text).not.toContain('differently');
    expect(await run()).toMatchObject({ status: 'failed', error: 'llm_billing', attempt: 1 });
  });

  it('lets the next mail through after a poisonous one', async () => {
    await ask('[[status: 401]]');
    await sendMail(server, { to: 'scout@tinyfat.localhost', text: '[[reply: fine again]]' });
    expect((await server.answers(2)).at(-1)?.text).toContain('fine again');
  });
});
