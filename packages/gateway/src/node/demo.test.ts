import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask, type GatewayFixture, openFixture } from '../test-support/gateway.ts';

let fixture: GatewayFixture;
beforeEach(async () => {
  fixture = await openFixture({}, { limits: { llmBodyBytes: 100_000 } });
});
afterEach(() => fixture.close());

const REQUEST = {
  model: 'claude-test',
  max_tokens: 100,
  messages: [{ role: 'user', content: `Hi 🎈 ${'a long text '.repeat(20)}` }],
};
const send = (body: unknown, path = '/anthropic/v1/messages?beta=true', key = fixture.gateway.runToken) =>
  ask(fixture, path, {
    headers: { 'x-api-key': key },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

test('streams the same message that it gives as plain JSON, and counts both', async () => {
  const plain = JSON.parse((await send(REQUEST)).body);
  const streamed = await send({ ...REQUEST, stream: true });
  expect(streamed.headers['content-type']).toBe('text/event-stream');
  const events = streamed.body
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)));
  expect(events.map((event) => event.delta?.text ?? '').join('')).toBe(plain.content[0].text);
  expect(events[0].message.usage.input_tokens).toBe(plain.usage.input_tokens);
  expect(events.at(-2)).toMatchObject({
    type: 'message_delta',
    delta: { stop_reason: 'end_turn' },
    usage: { output_tokens: plain.usage.output_tokens },
  });
  expect(events.at(-1)).toEqual({ type: 'message_stop' });
  expect(fixture.gateway.usage()).toMatchObject({
    input: 2 * plain.usage.input_tokens,
    output: 2 * plain.usage.output_tokens,
  });
  expect(fixture.gateway.timing().requests).toBe(2);
});

test('streams a tool call whose input can be put together', async () => {
  const { body } = await send({ ...REQUEST, stream: true, tools: [{ name: 'bash' }] });
  const events = body
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)));
  expect(events[1]).toMatchObject({ content_block: { type: 'tool_use', name: 'bash', input: {} } });
  const input = JSON.parse(events.map((event) => event.delta?.partial_json ?? '').join(''));
  expect(input.command).toContain('/data');
});

test('counts tokens without counting them as used', async () => {
  const counted = JSON.parse((await send(REQUEST, '/anthropic/v1/messages/count_tokens')).body);
  expect(counted.input_tokens).toBe(JSON.parse((await send(REQUEST)).body).usage.input_tokens);
  expect(fixture.gateway.usage().input).toBe(counted.input_tokens);
});

test('needs the run token, and a body that is a request', async () => {
  expect((await send(REQUEST, '/anthropic/v1/messages', 'other')).status).toBe(401);
  for (const body of ['', '{', '[]', '{}', `${'['.repeat(40_000)}${']'.repeat(40_000)}`]) {
    const answer = await send(body);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error' },
    });
  }
  expect((await send('x'.repeat(100_001))).status).toBe(413);
});
