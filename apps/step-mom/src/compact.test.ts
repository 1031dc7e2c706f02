import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inOrder, makeTurn, userText } from './test-support/fixture.ts';
import type { Answer, ReceivedRequest } from './test-support/messages-api.ts';

const ok: Answer = { kind: 'text', text: 'ok' };
const long = 'word '.repeat(20_000);

/** pi asks for a summary without tools; it may take more than one request. */
const isSummary = (request: ReceivedRequest) => request.body.tools === undefined;

/** Answers requests for a summary with one, and the others one after the other. */
function summariesAnd(...answers: Answer[]): (n: number, request: ReceivedRequest) => Answer {
  let turns = 0;
  return (_, request) =>
    isSummary(request) ? { kind: 'text', text: 'SUMMARY' } : inOrder(...answers)(++turns);
}

test('the command shortens a long session, with a focus, and says so', async () => {
  const { api, folder } = await makeTurn(summariesAnd(ok));
  for (const run of ['a', 'b', 'c']) await folder.take({ run_id: run, email: { text: long } });
  const outcome = await folder.take({
    run_id: 'compact',
    task: { kind: 'compact', focus: 'the numbers' },
  });
  expect(outcome).toMatchObject({ ok: true, reply: 'written' });
  expect(outcome.usage.output).toBe(12 * api.requests.filter(isSummary).length);
  expect(folder.reply('compact')?.body).toMatch(
    /^The conversation was shortened from about [\d,]+ tokens to about [\d,]+\.$/,
  );
  expect(JSON.stringify(api.requests.filter(isSummary))).toContain('the numbers');
  await folder.take({ run_id: 'd', email: { text: 'short' } });
  const last = userText(api, api.requests.length);
  expect(last).toContain('SUMMARY');
  expect(last.length).toBeLessThan(userText(api, 3).length);
});

test('a second attempt at the command does not shorten again', async () => {
  const { api, folder } = await makeTurn(summariesAnd(ok));
  for (const run of ['a', 'b', 'c']) await folder.take({ run_id: run, email: { text: long } });
  const task = { kind: 'compact', focus: null } as const;
  await folder.take({ run_id: 'compact', task });
  const requests = api.requests.length;
  rmSync(join(folder.outbox, 'compact.json'));
  expect(await folder.take({ run_id: 'compact', attempt: 2, task })).toMatchObject({ ok: true });
  expect(folder.reply('compact')?.body).toContain('was shortened');
  expect(api.requests).toHaveLength(requests);
});

test('a short session has nothing to shorten', async () => {
  const { api, folder } = await makeTurn(() => ok);
  await folder.take({ run_id: 'a' });
  expect(await folder.take({ run_id: 'b', task: { kind: 'compact', focus: null } })).toMatchObject({
    ok: true,
  });
  expect(folder.reply('b')?.body).toContain('nothing to shorten');
  expect(api.requests).toHaveLength(1);
});

test('so has a session that does not exist yet', async () => {
  const { api, folder } = await makeTurn(() => ok);
  expect(await folder.take({ task: { kind: 'compact', focus: null } })).toMatchObject({ ok: true });
  expect(api.requests).toHaveLength(0);
});

test('a model that fails while it shortens is a failure of the model', async () => {
  const overloaded: Answer = { kind: 'status', status: 529, type: 'overloaded_error', message: 'x' };
  const { folder } = await makeTurn(inOrder(ok, ok, ok, overloaded));
  for (const run of ['a', 'b', 'c']) await folder.take({ run_id: run, email: { text: long } });
  expect(await folder.take({ run_id: 'compact', task: { kind: 'compact', focus: null } })).toMatchObject({
    ok: false,
    code: 'llm_overloaded',
    retry: true,
  });
});

test('a session that overflows is shortened by pi and the turn goes on', async () => {
  const overflow: Answer = {
    kind: 'status',
    status: 400,
    type: 'invalid_request_error',
    message: 'prompt is too long: 210000 tokens > 200000 maximum',
  };
  const { api, folder } = await makeTurn(
    summariesAnd(ok, ok, ok, overflow, { kind: 'text', text: 'After all.' }),
  );
  for (const run of ['a', 'b', 'c']) await folder.take({ run_id: run, email: { text: long } });
  const outcome = await folder.take({ run_id: 'd', email: { text: 'the new question' } });
  expect(outcome).toMatchObject({ ok: true });
  expect(folder.reply('d')?.body).toBe('After all.');
  expect(userText(api, api.requests.length)).toContain('the new question');
  // The summary was paid for in this turn.
  expect(outcome.usage.output).toBe(12 * (1 + api.requests.filter(isSummary).length));
});

test('a retry whose mail was shortened away gets the mail again', async () => {
  const { api, folder } = await makeTurn(summariesAnd({ kind: 'drop' }, ok));
  await folder.take({ run_id: 'first', email: { text: `the lost question ${long}` } });
  for (const run of ['b', 'c', 'd']) await folder.take({ run_id: run, email: { text: long } });
  await folder.take({ run_id: 'e', task: { kind: 'compact', focus: null } });
  await folder.take({ run_id: 'first', attempt: 2, email: { text: `the lost question ${long}` } });
  const last = JSON.stringify(api.requests.findLast((request) => !isSummary(request))?.body.messages.at(-1));
  expect(last).toContain('[System notice]');
  expect(last).toContain('the lost question');
});
