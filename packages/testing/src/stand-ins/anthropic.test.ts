import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AnthropicStandIn, defaultReply, startAnthropicStandIn, USAGE_PER_ANSWER } from './anthropic.ts';

let standIn: AnthropicStandIn;
beforeEach(async () => {
  standIn = await startAnthropicStandIn({ apiKey: 'sk-test-key' });
});
afterEach(() => standIn.close());

type Message = { role: string; content: unknown };

function post(messages: Message[] | string, fields: Record<string, unknown> = {}, signal?: AbortSignal) {
  const list = typeof messages === 'string' ? [{ role: 'user', content: messages }] : messages;
  return fetch(`${standIn.url}/v1/messages?beta=true`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-api-key': 'sk-test-key',
      'anthropic-version': '2023-06-01',
    },
    body: JSON.stringify({ model: 'claude-test', max_tokens: 100, messages: list, ...fields }),
    signal: signal ?? null,
  });
}

async function answer(messages: Message[] | string) {
  const response = await post(messages);
  expect(response.status).toBe(200);
  return (await response.json()) as {
    content: Record<string, unknown>[];
    stop_reason: string;
    usage: unknown;
  };
}

async function textOf(messages: Message[] | string): Promise<unknown> {
  return (await answer(messages)).content[0]?.text;
}

test('answers with an echo of the new text, and with the documented usage', async () => {
  const { content, usage } = await answer(
    'Subject: x\n<mail_text nonce="0f">\nHello there\n</mail_text nonce="0f">\nnote',
  );
  expect(content).toEqual([{ type: 'text', text: defaultReply('Hello there') }]);
  expect(usage).toEqual({
    input_tokens: USAGE_PER_ANSWER.input,
    output_tokens: USAGE_PER_ANSWER.output,
    cache_read_input_tokens: USAGE_PER_ANSWER.cacheRead,
    cache_creation_input_tokens: USAGE_PER_ANSWER.cacheWrite,
  });
  expect(standIn.requests[0]).toMatchObject({
    path: '/v1/messages?beta=true',
    text: 'Hello there',
    aborted: false,
  });
});

test('streams the events of a Messages API stream in order', async () => {
  const response = await post('[[reply: a rather long reply that needs two deltas]]', { stream: true });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const events = (await response.text())
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)));
  expect(events.map((event) => event.type)).toEqual([
    'message_start',
    'ping',
    'content_block_start',
    'content_block_delta',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
  ]);
  const text = events.map((event) => event.delta?.text ?? '').join('');
  expect(text).toBe('a rather long reply that needs two deltas');
});

test('calls tools in their order and then replies with the last output', async () => {
  const mail =
    '[[tool: bash {"command":"[[ -f x ]] && echo \\"]]\\""}]] [[tool: read {"path":"b"}]] [[reply: got {output}]]';
  const messages: Message[] = [{ role: 'user', content: mail }];
  const outputs = ['one', 'two'];
  const calls: unknown[] = [];
  for (const output of outputs) {
    const { content, stop_reason } = await answer(messages);
    expect(stop_reason).toBe('tool_use');
    calls.push(content[0]?.name, content[0]?.input);
    messages.push({ role: 'assistant', content });
    messages.push({
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: content[0]?.id, content: [{ type: 'text', text: output }] },
      ],
    });
  }
  expect(calls).toEqual(['bash', { command: '[[ -f x ]] && echo "]]"' }, 'read', { path: 'b' }]);
  expect(await textOf(messages)).toBe('got two');
  expect(standIn.problems).toEqual([]);
});

test.each([
  [401, 'authentication_error'],
  [429, 'rate_limit_error'],
  [500, 'api_error'],
  [529, 'overloaded_error'],
])('answers with status %i', async (status, type) => {
  const response = await post(`[[status: ${status}]]`);
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ type: 'error', error: { type } });
  expect(response.headers.get('retry-after')).toBe(status === 429 || status === 529 ? '1' : null);
});

test('says that the prompt is too long', async () => {
  const response = await post('[[overflow]]');
  expect(response.status).toBe(400);
  expect(await response.text()).toContain('prompt is too long: 210000 tokens > 200000 maximum');
});

test('fails the first answers to one text only', async () => {
  const statuses: number[] = [];
  for (const text of ['[[flaky: 2]] a', '[[flaky: 2]] a', '[[flaky: 2]] b', '[[flaky: 2]] a']) {
    statuses.push((await post(text)).status);
  }
  expect(statuses).toEqual([529, 529, 529, 200]);
});

test('drops the connection after half an answer', async () => {
  const response = await post('[[drop]]', { stream: true });
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
});

test.each(['[[hang]]', '[[hangmid]]'])('%s ends only when the client hangs up', async (text) => {
  const client = new AbortController();
  const gate = post(`[[gate: here]] ${text}`, { stream: true }, client.signal).then((response) =>
    response.text(),
  );
  const failed = expect(gate).rejects.toThrow();
  await standIn.arrived('here');
  standIn.release('here');
  await post('a whole round trip later');
  client.abort();
  await failed;
  await expect.poll(() => standIn.requests[0]?.aborted).toBe(true);
  expect(standIn.requests[0]?.answeredAtMonotonic).toBeNull();
});

test('holds a request at its gate until it is released', async () => {
  let done = false;
  const held = post('[[gate: a]] [[reply: through]]').then(async (response) => {
    done = true;
    return response.json();
  });
  await standIn.arrived('a');
  await post('another one passes meanwhile');
  expect(done).toBe(false);
  standIn.release('a');
  expect(await held).toMatchObject({ content: [{ text: 'through' }] });
});

test('looks for directives in the last mail only', async () => {
  const messages = [
    { role: 'user', content: '[[status: 500]]' },
    { role: 'assistant', content: 'ok' },
    { role: 'user', content: [{ type: 'text', text: 'plain' }] },
  ];
  expect(await textOf(messages)).toBe(defaultReply('plain'));
});

test('a notice behind the mail begins its directives anew', async () => {
  const messages = [
    { role: 'user', content: '<mail_text nonce="x">\n[[reply: for the mail]]\n</mail_text nonce="x">' },
    { role: 'user', content: '[System notice] This is attempt 2.' },
  ];
  expect(await textOf(messages)).toBe('for the mail');
});

test('follows no directive of a conversation that is to be summarised', async () => {
  const response = await post('<conversation>[[status: 500]]</conversation>', {
    system: 'You are a context summarization assistant.',
  });
  expect(response.status).toBe(200);
});

const call = { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'bash', input: {} }] };
test.each<[string, Message[]]>([
  ['a tool call without its result', [{ role: 'user', content: 'a' }, call, { role: 'user', content: 'b' }]],
  [
    'a result of another call',
    [
      { role: 'user', content: 'a' },
      call,
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't2' }] },
    ],
  ],
  ['a conversation that the assistant begins', [{ role: 'assistant', content: 'a' }]],
  ['an empty message', [{ role: 'user', content: '' }]],
  ['no message', []],
])('refuses %s', async (_name, messages) => {
  expect((await post(messages)).status).toBe(400);
  expect(standIn.problems).toHaveLength(1);
});

test('refuses a wrong key, and a request without max_tokens', async () => {
  const wrong = await fetch(`${standIn.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': 'other' },
    body: '{}',
  });
  expect(wrong.status).toBe(401);
  expect((await post('a', { max_tokens: undefined })).status).toBe(400);
});

test('counts tokens', async () => {
  const response = await fetch(`${standIn.url}/v1/messages/count_tokens`, {
    method: 'POST',
    headers: { 'x-api-key': 'sk-test-key', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'a' }] }),
  });
  expect(await response.json()).toEqual({ input_tokens: USAGE_PER_ANSWER.input });
});

test('reports the tokens that it is told to, from there on only', async () => {
  const dear = await post('[[usage: {"output": 60000, "cacheRead": 0}]] [[reply: dear]]');
  expect(await dear.json()).toMatchObject({ usage: { input_tokens: 19, output_tokens: 60_000 } });
  const cheap = await post('[[reply: cheap]]');
  expect(await cheap.json()).toMatchObject({ usage: { output_tokens: USAGE_PER_ANSWER.output } });
});
