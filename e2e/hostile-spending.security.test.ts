/** Invariant 10 through the whole system: an agent that uses its run token to spend more than its budget has. */

import { describe, expect, it } from 'vitest';
import { startStory } from './support/story.ts';

/** The token of the run, which step-mom got in its environment. */
const TOKEN = `$(cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | sed -n 's/^TINYFAT_RUN_TOKEN=//p' | head -1)`;

describe('an agent that wants to spend more than it may', async () => {
  const { model, server, ask } = await startStory({
    environment: { OWNER_BUDGET_USD: '1' },
    model: 'claude-haiku-4-5',
  });
  /** What requests with these bodies are answered, and the cost of the turn. */
  const request = async (...bodies: object[]) => {
    const before = model.requests.length;
    const lines = bodies.map(
      (body) =>
        `curl -sS --noproxy '*' -m 20 -H "x-api-key: $T" -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' -d '${JSON.stringify(body)}' http://127.0.0.1:3128/anthropic/v1/messages; echo`,
    );
    const command = `T=${TOKEN}\n${lines.join('\n')}`;
    const { text = '' } = await ask({
      text: `[[tool: bash ${JSON.stringify({ command })}]] [[reply: {output}]]`,
    });
    const [run] = await server.json(['runs']);
    // Two requests are those of the turn itself.
    return { text, passed: model.requests.length - before - 2, cost: run.cost_usd };
  };
  const body = {
    model: 'claude-haiku-4-5',
    max_tokens: 100,
    messages: [{ role: 'user', content: '[[reply: hi]]' }],
  };
  const TURN = 2 * 0.001854;

  it('pays the price of the model that it asks for, not of the one that it was given', async () => {
    const haiku = await request(body);
    expect(haiku.text).toContain('"text":"hi"');
    expect(haiku).toMatchObject({ passed: 1, cost: expect.closeTo(TURN + 0.001854, 5) });
    const opus = await request({ ...body, model: 'claude-opus-4-5' });
    expect(opus).toMatchObject({ passed: 1, cost: expect.closeTo(TURN + 5 * 0.001854, 5) });
  });

  it('gets no endless answer of the dearest model, no other service, and no model without a price', async () => {
    const { text, passed, cost } = await request(
      { ...body, model: 'claude-fable-5', max_tokens: 1_000_000_000 },
      { ...body, tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
      { ...body, service_tier: 'auto' },
      { ...body, model: 'claude-next' },
    );
    expect(text).toContain('budget_exhausted: this request may cost up to $50');
    expect(text.match(/a budget is in force/g)).toHaveLength(3);
    expect(passed).toBe(0);
    expect(cost).toBeCloseTo(TURN, 5);
  });
});
