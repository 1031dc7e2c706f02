/** What the end of a model's answer means, by its raw stop reason and by the type of an error. */

import type { StepMomErrorCode } from '@tinyfat/core';
import { expect, test } from 'vitest';
import { bash, inOrder, makeTurn, userText } from './test-support/fixture.ts';
import type { Answer, ReceivedRequest } from './test-support/messages-api.ts';

const text = (words: string, stop?: string): Answer => ({
  kind: 'text',
  text: words,
  ...(stop === undefined ? {} : { stop }),
});
const beside = (words: string): Answer => ({ ...bash('true'), text: words }) as Answer;
const invalid = (message: string, status = 400): Answer => ({
  kind: 'status',
  status,
  type: 'invalid_request_error',
  message,
});
const retries = { limits: { llm_retries: 3 } };

// Words of these kinds make pi try again, or shorten the session.
test.each([
  ['no explanation', undefined],
  ['an explanation like a rate limit', '429 rate limit, please try your request again'],
  ['an explanation like an overload', '{"type":"error","error":{"type":"overloaded_error"}}'],
  ['an explanation like an overflow', 'prompt is too long: 210000 tokens > 200000 maximum'],
  ['an explanation like the gateway', '400 tinyfat gateway: budget_exhausted: none left'],
  ['an explanation like a broken connection', 'socket hang up, connection terminated'],
])('a refusal with %s is one request', async (_, explanation) => {
  const { api, folder } = await makeTurn(() => ({
    kind: 'text',
    text: 'I began to say',
    stop: 'refusal',
    ...(explanation === undefined ? {} : { explanation }),
  }));
  expect(await folder.take(retries)).toMatchObject({ ok: false, code: 'llm_refused', retry: false });
  expect(api.requests).toHaveLength(1);
  expect(folder.reply()).toBeNull();
  if (explanation !== undefined)
    expect(folder.sessionLines().join('')).toContain(JSON.stringify(explanation).slice(1, -1));
});

test('a refusal after tools is a refusal, whatever was written before', async () => {
  const { api, folder } = await makeTurn(inOrder(beside('I look.'), text('', 'refusal')));
  expect(await folder.take(retries)).toMatchObject({ ok: false, code: 'llm_refused' });
  expect(api.requests).toHaveLength(2);
  expect(folder.reply()).toBeNull();
});

test('so is an answer that a safety filter stopped', async () => {
  const { folder } = await makeTurn(() => text('Half', 'sensitive'));
  expect(await folder.take(retries)).toMatchObject({ ok: false, code: 'llm_refused' });
});

test('an answer that speaks of refusals and long prompts is an answer', async () => {
  const words = 'refusal: prompt is too long, 529 overloaded_error, credit balance is too low';
  const { api, folder } = await makeTurn(() => text(words));
  expect(await folder.take(retries)).toMatchObject({ ok: true });
  expect(folder.reply()?.body).toBe(words);
  expect(api.requests).toHaveLength(1);
});

test('such words in a stream that breaks off mean nothing', async () => {
  const { api, folder } = await makeTurn(() => ({
    kind: 'garbled',
    data: '{"type":"content_block_delta" prompt is too long, billing, refused to complete',
  }));
  expect(await folder.take(retries)).toMatchObject({ ok: false, code: 'llm_unreachable', retry: true });
  expect(api.requests).toHaveLength(4);
});

test('a full context window sends the text so far, marked as cut, with one request', async () => {
  const { api, folder } = await makeTurn(() => text('The first half', 'model_context_window_exceeded'));
  expect(await folder.take(retries)).toMatchObject({ ok: true, reply: 'written' });
  expect(folder.reply()?.body).toMatch(/^The first half\n\n\(The answer ends here because the conversation/);
  expect(api.requests).toHaveLength(1);
});

test('a full context window without a text is an overflow', async () => {
  const { folder } = await makeTurn(() => text('', 'model_context_window_exceeded'));
  expect(await folder.take(retries)).toMatchObject({ ok: false, code: 'llm_overflow', retry: false });
  expect(folder.reply()).toBeNull();
});

test('a tool call that the full context window cut is not made', async () => {
  const { api, folder } = await makeTurn(() => ({
    kind: 'text',
    text: 'I write it',
    call: { name: 'bash', input: { command: 'touch /data/done', timeout: null } },
    stop: 'model_context_window_exceeded',
  }));
  expect(await folder.take()).toMatchObject({ ok: true });
  expect(folder.reply()?.body).toMatch(/^I write it\n\n\(The answer ends/);
  expect(folder.events().map(({ type }) => type)).not.toContain('tool_call');
  expect(api.requests).toHaveLength(1);
});

test.each(['pause_turn', 'a_reason_of_next_year'])(
  'a text that ends with %s is sent and says that it is cut',
  async (stop) => {
    const { folder } = await makeTurn(() => text('So far', stop));
    expect(await folder.take(retries)).toMatchObject({ ok: true });
    expect(folder.reply()?.body).toBe(
      'So far\n\n(The answer ends here because the model stopped before it had finished.)',
    );
  },
);

test('an unknown end without a text is no reply', async () => {
  const { api, folder } = await makeTurn(() => text('', 'a_reason_of_next_year'));
  expect(await folder.take(retries)).toMatchObject({ ok: false, code: 'no_reply' });
  expect(api.requests).toHaveLength(1);
});

test('a stop sequence ends an answer as the model does', async () => {
  const { folder } = await makeTurn(() => text('Whole.', 'stop_sequence'));
  await folder.take();
  expect(folder.reply()?.body).toBe('Whole.');
});

test('the output limit before a text is no reply', async () => {
  const { folder } = await makeTurn(() => ({
    kind: 'text',
    text: '',
    stop: 'max_tokens',
    usage: { output_tokens: 64_000 },
  }));
  expect(await folder.take()).toMatchObject({ ok: false, code: 'no_reply' });
});

test('a text beside a tool call is the answer where nothing follows', async () => {
  const { folder } = await makeTurn(
    inOrder(beside('First.'), beside('The sum is 5.'), bash('true'), text('')),
  );
  expect(await folder.take()).toMatchObject({ ok: true, reply: 'written' });
  expect(folder.reply()?.body).toBe('The sum is 5.');
});

test('a text behind the tools is the answer, not the one beside them', async () => {
  const { folder } = await makeTurn(inOrder(beside('I look.'), text('It is 5.')));
  await folder.take();
  expect(folder.reply()?.body).toBe('It is 5.');
});

test('the text of an earlier mail is not the answer to this one', async () => {
  const { folder } = await makeTurn(inOrder(text('About the first mail.'), text('')));
  await folder.take();
  expect(await folder.take({ run_id: 'second' })).toMatchObject({ ok: false, code: 'no_reply' });
  expect(folder.reply('second')).toBeNull();
});

test.each<[string, Answer, StepMomErrorCode]>([
  ['no credit', invalid('Your credit balance is too low to access the Anthropic API.'), 'llm_billing'],
  [
    'a spending limit',
    invalid(
      'You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.',
    ),
    'llm_billing',
  ],
  [
    'a spending limit of a workspace',
    invalid('You have reached your specified workspace API usage limits. You will regain access on …'),
    'llm_billing',
  ],
  [
    'no credit for a long context',
    { ...invalid('Extra usage is required for long context requests.', 429), type: 'rate_limit_error' },
    'llm_billing',
  ],
  ['a closed account', invalid('This organization has been disabled.'), 'llm_unauthorized'],
  ['a filter', invalid('Output blocked by content filtering policy'), 'llm_refused'],
  [
    'a request that quotes these words',
    invalid('messages.1: unexpected value "Your credit balance is too low", "prompt is too long"'),
    'llm_refused',
  ],
] as [string, Answer, StepMomErrorCode][])('%s: one request', async (_, answer, code) => {
  const { api, folder } = await makeTurn(() => answer);
  expect(await folder.take(retries)).toMatchObject({ ok: false, code, retry: false });
  expect(api.requests).toHaveLength(1);
});

test.each<[string, string, StepMomErrorCode, boolean]>([
  ['overloaded_error', 'Overloaded', 'llm_overloaded', true],
  ['api_error', 'Internal server error', 'llm_overloaded', true],
  ['timeout_error', 'Request timed out', 'llm_overloaded', true],
  ['rate_limit_error', 'x', 'llm_rate_limited', true],
  ['billing_error', 'overloaded', 'llm_billing', false],
  ['authentication_error', '529 overloaded', 'llm_unauthorized', false],
  ['invalid_request_error', 'Your credit balance is too low; overloaded', 'llm_refused', false],
  ['an_error_of_next_year', 'prompt is too long', 'llm_unreachable', true],
])('an error event of type %s in a stream', async (type, message, code, retry) => {
  const { api, folder } = await makeTurn(() => ({ kind: 'error_event', type, message, text: 'Half' }));
  expect(await folder.take(retries)).toMatchObject({ ok: false, code, retry });
  expect(api.requests).toHaveLength(retry ? 4 : 1);
  expect(folder.reply()).toBeNull();
});

test.each([
  'input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length or `max_tokens` and try again',
  'prompt is too long: 210000 tokens > 200000 maximum',
])('%s: the session is shortened, and the turn goes on', async (message) => {
  const isSummary = (request: ReceivedRequest) => request.body.tools === undefined;
  let refused = 0;
  const { api, folder } = await makeTurn((n, request) => {
    if (isSummary(request)) return text('SUMMARY');
    if (n === 4 && refused++ === 0) return invalid(message);
    return text(n < 4 ? 'ok' : 'After all.');
  });
  const long = 'word '.repeat(20_000);
  for (const run of ['a', 'b', 'c']) await folder.take({ run_id: run, email: { text: long } });
  expect(await folder.take({ run_id: 'd' })).toMatchObject({ ok: true });
  expect(folder.reply('d')?.body).toBe('After all.');
  expect(api.requests.some(isSummary)).toBe(true);
});

test('where the session can be shortened no more it is an overflow', async () => {
  const { folder } = await makeTurn(() =>
    invalid('input length and `max_tokens` exceed context limit: 199000 + 21333 > 200000'),
  );
  expect(await folder.take(retries)).toMatchObject({ ok: false, code: 'llm_overflow', retry: false });
});

test('a summary that fails says why', async () => {
  const long = 'word '.repeat(20_000);
  const limited: Answer = { kind: 'status', status: 429, type: 'rate_limit_error', message: 'x' };
  const refusal: Answer = { kind: 'text', text: '', stop: 'refusal', explanation: '529 overloaded' };
  for (const [answer, code] of [
    [limited, 'llm_rate_limited'],
    [refusal, 'llm_refused'],
  ] as const) {
    const { folder } = await makeTurn(inOrder(text('ok'), text('ok'), text('ok'), answer));
    for (const run of ['a', 'b', 'c']) await folder.take({ run_id: run, email: { text: long } });
    const task = { kind: 'compact', focus: null } as const;
    expect(await folder.take({ run_id: 'compact', task })).toMatchObject({ ok: false, code });
  }
});

test.each<[string, Answer, StepMomErrorCode]>([
  ['empty', text(''), 'llm_unreachable'],
  ['cut by the output limit', text('Half a summ', 'max_tokens'), 'llm_overflow'],
  ['cut by the context window', text('Half a summ', 'model_context_window_exceeded'), 'llm_overflow'],
  ['cut for an unknown reason', text('Half a summ', 'a_reason_of_next_year'), 'llm_unreachable'],
])('a summary that is %s does not take the place of the conversation', async (_, answer, code) => {
  const isSummary = (request: ReceivedRequest) => request.body.tools === undefined;
  const { api, folder } = await makeTurn((_n, request) => (isSummary(request) ? answer : text('ok')));
  const long = 'word '.repeat(20_000);
  for (const run of ['a', 'b', 'c']) await folder.take({ run_id: run, email: { text: long } });
  const task = { kind: 'compact', focus: null } as const;
  expect(await folder.take({ run_id: 'compact', task })).toMatchObject({ ok: false, code });
  expect(folder.reply('compact')).toBeNull();
  await folder.take({ run_id: 'd' });
  expect(userText(api, api.requests.length).split('word ').length).toBeGreaterThan(60_000);
});

test('a second attempt sends the text that stood beside the tool call', async () => {
  const { api, folder } = await makeTurn(inOrder(beside('The sum is 5.'), { kind: 'drop' }, text('')));
  expect(await folder.take()).toMatchObject({ ok: false, code: 'llm_unreachable' });
  expect(await folder.take({ attempt: 2 })).toMatchObject({ ok: true });
  expect(folder.reply()?.body).toBe('The sum is 5.');
  expect(api.requests).toHaveLength(3);
});

test('a turn that had ended at a full context window is not taken again', async () => {
  const { api, folder } = await makeTurn(() => text('The first half', 'model_context_window_exceeded'));
  await folder.take();
  const first = folder.reply()?.body;
  folder.removeReply();
  expect(await folder.take({ attempt: 2 })).toMatchObject({ ok: true });
  expect(folder.reply()?.body).toBe(first);
  expect(api.requests).toHaveLength(1);
});
