import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inOrder, makeTurn, userText } from './test-support/fixture.ts';
import { sessionId } from './test-support/turn-folder.ts';

/**
 * Written by step-mom on pi 0.87.1, its long mails shortened: a turn with tools, a summary made by /compact, an image, a
 * refusal, and a turn that was cut off after a command.
 */
const old = new URL('test-support/session-of-pi-0.87.1.jsonl', import.meta.url);
const file = `2026-11-28T13-22-04-096Z_${sessionId}.jsonl`;
const session = { id: sessionId, file };

async function oldSession(...answers: Parameters<typeof inOrder>) {
  const { api, folder } = await makeTurn(inOrder(...answers));
  copyFileSync(old, join(folder.data, 'sessions', file));
  return { api, folder };
}

test('a session of pi 0.87.1 is carried on in its own file', async () => {
  const { api, folder } = await oldSession({ kind: 'text', text: 'Heron.' });
  const outcome = await folder.take({ run_id: 'new', session, email: { text: 'What is the code word?' } });
  expect(outcome).toMatchObject({ ok: true, session_file: file, usage: { input: 19, output: 12 } });
  const [request] = api.requests;
  const told = JSON.stringify(request?.body.messages);
  expect(told).toContain('The code word is heron.');
  expect(told).toContain('A grey square.');
  expect(told).toContain('"type":"image"');
  expect(told).toContain('What is the code word?');
  // What was shortened away, and what a call said that failed, is out of sight.
  expect(told).not.toContain('I will add.');
  expect(told).not.toContain('Half an ans');
  expect(readFileSync(folder.sessionPath(), 'utf8').startsWith(readFileSync(old, 'utf8'))).toBe(true);
});

test('a turn that was cut off under pi 0.87.1 is ended, and told what it had done', async () => {
  const { api, folder } = await oldSession({ kind: 'text', text: 'It is 42.' });
  const outcome = await folder.take({ run_id: 'cut-off', attempt: 2, session });
  expect(outcome).toMatchObject({ ok: true, usage: { input: 57 } });
  expect(folder.reply('cut-off')?.body).toBe('It is 42.');
  expect(userText(api, 1)).toMatch(/echo once >> effect[^\n]*→ returned/);
  expect(userText(api, 1)).toContain('Multiply 6 and 7.');
});

test('a session of pi 0.87.1 can be shortened once more', async () => {
  const { folder } = await oldSession({ kind: 'text', text: 'ok' });
  const long = 'word '.repeat(20_000);
  for (const run of ['a', 'b', 'c']) await folder.take({ run_id: run, session, email: { text: long } });
  const task = { kind: 'compact', focus: null } as const;
  expect(await folder.take({ run_id: 'shorten', session, task })).toMatchObject({ ok: true });
  expect(folder.reply('shorten')?.body).toContain('was shortened');
});
