import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeTurn } from './test-support/fixture.ts';
import { runId, sessionId } from './test-support/turn-folder.ts';

const entry = (fields: object) => ({
  id: Math.random().toString(16).slice(2, 10),
  parentId: null,
  timestamp: '2026-01-01T00:00:00.000Z',
  ...fields,
});
const usage = { input: 'many', output: -5, cacheRead: {}, cacheWrite: null, cost: null };

test.each<[string, unknown[]]>([
  ['values that are no entries', [null, 5, 'x', [], {}]],
  ['a message that is none', [entry({ type: 'message', message: null })]],
  ['a message without content', [entry({ type: 'message', message: { role: 'assistant', usage } })]],
  ['a marker of another shape', [entry({ type: 'custom', customType: 'tinyfat.run', data: { run_id: 1 } })]],
  ['a parent that is missing', [entry({ type: 'custom', customType: 'x', parentId: 'missing' })]],
])('a session that the agent filled with %s still takes mails', async (_, entries) => {
  const { folder } = await makeTurn(() => ({ kind: 'text', text: 'ok' }));
  await folder.take();
  appendFileSync(folder.sessionPath(), entries.map((value) => `${JSON.stringify(value)}\n`).join(''));
  const file = folder.sessionPath().split('/').at(-1) ?? '';
  for (const run of ['second', 'third']) {
    const outcome = await folder.take({ run_id: run, session: { id: sessionId, file } });
    expect(outcome).toMatchObject({ ok: true, usage: { input: 19, output: 12 } });
  }
  expect(readdirSync(join(folder.data, 'sessions'))).toContain(file);
});

test('figures that the agent wrote into a run of its own count for nothing', async () => {
  const { folder } = await makeTurn(() => ({ kind: 'text', text: 'ok' }));
  const header = {
    type: 'session',
    version: 3,
    id: sessionId,
    timestamp: '2026-01-01T00:00:00.000Z',
    cwd: '/',
  };
  const marker = {
    type: 'custom',
    customType: 'tinyfat.run',
    data: { run_id: runId, attempt: 1, outbox: {} },
  };
  const message = { role: 'assistant', stopReason: 'stop', content: 'no list', usage };
  const lines = [header, entry({ ...marker, id: 'a' }), entry({ type: 'message', message, parentId: 'a' })];
  const file = `2026-01-01T00-00-00-000Z_${sessionId}.jsonl`;
  writeFileSync(
    join(folder.data, 'sessions', file),
    lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  );
  const outcome = await folder.take({ attempt: 2 });
  expect(outcome.usage.output).toBeGreaterThanOrEqual(0);
  expect(Number.isFinite(outcome.cost_usd)).toBe(true);
});
