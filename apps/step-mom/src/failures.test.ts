import type { StepMomErrorCode } from '@tinyfat/core';
import { expect, test } from 'vitest';
import { bash, inOrder, makeTurn } from './test-support/fixture.ts';
import type { Answer } from './test-support/messages-api.ts';

const status = (code: number, type: string, message = 'sk-secret-detail'): Answer => ({
  kind: 'status',
  status: code,
  type,
  message,
});

test.each<[string, Answer, StepMomErrorCode, boolean]>([
  ['401', status(401, 'authentication_error'), 'llm_unauthorized', false],
  ['403', status(403, 'permission_error'), 'llm_unauthorized', false],
  ['429', status(429, 'rate_limit_error'), 'llm_rate_limited', true],
  ['500', status(500, 'api_error'), 'llm_overloaded', true],
  ['503', status(503, 'api_error'), 'llm_overloaded', true],
  ['529', status(529, 'overloaded_error'), 'llm_overloaded', true],
  ['400', status(400, 'invalid_request_error'), 'llm_refused', false],
  ['404', status(404, 'not_found_error'), 'llm_refused', false],
  [
    'a prompt that is too long',
    status(400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'),
    'llm_overflow',
    false,
  ],
  [
    'a budget that is used up',
    status(400, 'invalid_request_error', 'tinyfat gateway: budget_exhausted: too long, sk-secret-detail'),
    'budget_exhausted',
    false,
  ],
  ['402', status(402, 'billing_error'), 'llm_billing', false],
  ['an error page of a proxy', { kind: 'raw_status', status: 502, body: '<html>' }, 'llm_overloaded', true],
  ['a status without a body', { kind: 'raw_status', status: 503, body: '' }, 'llm_overloaded', true],
  ['413 of a proxy', { kind: 'raw_status', status: 413, body: '<html>' }, 'llm_overflow', false],
  ['413', status(413, 'request_too_large', 'Request exceeds the maximum size'), 'llm_overflow', false],
  [
    'an error in mid-stream',
    { kind: 'error_event', type: 'overloaded_error', message: 'sk-secret-detail' },
    'llm_overloaded',
    true,
  ],
  ['a connection that breaks', { kind: 'drop' }, 'llm_unreachable', true],
  ['a refusal', { kind: 'text', text: 'no', stop: 'refusal' }, 'llm_refused', false],
  ['an empty answer', { kind: 'text', text: ' ' }, 'no_reply', false],
])('%s', async (_, answer, code, retry) => {
  const { folder } = await makeTurn(() => answer);
  const outcome = await folder.take();
  expect(outcome).toMatchObject({ ok: false, code, retry });
  expect(JSON.stringify([outcome, folder.events()])).not.toContain('sk-secret-detail');
  expect(folder.reply()).toBeNull();
  expect(folder.events().map(({ type }) => type)).toContain('error');
});

test('a failure after a good turn does not send the old answer again', async () => {
  const { folder } = await makeTurn(inOrder({ kind: 'text', text: 'First.' }, { kind: 'drop' }));
  await folder.take();
  expect(await folder.take({ run_id: 'second' })).toMatchObject({ ok: false, code: 'llm_unreachable' });
  expect(folder.reply('second')).toBeNull();
});

test('a model that nobody listens for is unreachable', async () => {
  const { api, folder } = await makeTurn(() => ({ kind: 'text', text: 'ok' }));
  await api.close();
  expect(await folder.take()).toMatchObject({ ok: false, code: 'llm_unreachable', retry: true });
});

test('pi tries again as often as it may', async () => {
  const { api, folder } = await makeTurn(
    inOrder(status(529, 'overloaded_error'), { kind: 'drop' }, { kind: 'text', text: 'At last.' }),
  );
  expect(await folder.take({ limits: { llm_retries: 2 } })).toMatchObject({ ok: true });
  expect(api.requests).toHaveLength(3);
  expect(folder.reply()?.body).toBe('At last.');
});

test.each<[string, Answer]>([
  ['says nothing', { kind: 'silence' }],
  ['stops in the middle', { kind: 'stall' }],
])('a model that %s is stalled', async (_, answer) => {
  const { folder } = await makeTurn(() => answer);
  expect(await folder.take({ limits: { stall_ms: 200 } })).toMatchObject({
    ok: false,
    code: 'llm_stalled',
    retry: true,
  });
});

test('a slow command is no stall, and is cut in time for an answer', async () => {
  const { folder } = await makeTurn(inOrder(bash('sleep 60'), { kind: 'text', text: 'It took too long.' }));
  const outcome = await folder.take({ limits: { stall_ms: 300, deadline_ms: 2_000 } });
  expect(outcome).toMatchObject({ ok: true });
  const result = folder.events().find((event) => event.type === 'tool_result');
  expect(result).toMatchObject({ is_error: true, output: expect.stringContaining('timed out') });
});

test('the deadline ends a turn in the middle of a command', async () => {
  const { folder } = await makeTurn(() => bash('sleep 60'));
  expect(await folder.take({ limits: { deadline_ms: 500 } })).toMatchObject({
    ok: false,
    code: 'deadline',
    retry: false,
  });
});

test('an answer at the output limit is sent and says that it was cut', async () => {
  const { folder } = await makeTurn(() => ({
    kind: 'text',
    text: 'A long answer',
    stop: 'max_tokens',
    usage: { output_tokens: 64_000 },
  }));
  expect(await folder.take()).toMatchObject({ ok: true });
  expect(folder.reply()?.body).toMatch(/^A long answer\n\n\(The answer ends here/);
});
