import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bash, inOrder, makeTurn, userText } from './test-support/fixture.ts';
import type { MessagesApi } from './test-support/messages-api.ts';
import { runId, sessionId } from './test-support/turn-folder.ts';

/** Every tool call of a request has its result in the next message, as the Messages API demands. */
function expectWellFormed(api: MessagesApi): void {
  const messages = api.requests.at(-1)?.body.messages ?? [];
  const blocks = messages.map(({ content }) => (Array.isArray(content) ? content : []));
  blocks.forEach((content, index) => {
    const calls = content.filter(({ type }) => type === 'tool_use').map(({ id }) => id);
    const results = (blocks[index + 1] ?? []).filter(({ type }) => type === 'tool_result');
    expect(results.map(({ tool_use_id }) => tool_use_id)).toEqual(calls);
  });
  expect(messages.at(-1)?.role).toBe('user');
}

/** Attempt 1 of a turn with two rounds of tools: what it leaves in the session, line by line. */
async function finishedSession(): Promise<{ lines: string[]; file: string }> {
  const { folder } = await makeTurn(
    inOrder(bash('echo once >> effect'), bash('echo twice >> effect', 'cat effect'), {
      kind: 'text',
      text: 'All done.',
    }),
  );
  await folder.take();
  return { lines: folder.sessionLines(), file: folder.sessionPath().split('/').at(-1) ?? '' };
}

test('a session cut off at any line, or in the middle of one, is carried on', async () => {
  const { lines, file } = await finishedSession();
  expect(lines.length).toBeGreaterThan(9);
  for (let whole = 0; whole <= lines.length; whole++) {
    for (const torn of [0, 1, 0.5, 0.999]) {
      const next = lines[whole];
      if (torn > 0 && next === undefined) continue;
      const part = next === undefined ? '' : next.slice(0, torn < 1 ? Math.floor(next.length * torn) : 1);
      const content =
        lines
          .slice(0, whole)
          .map((line) => `${line}\n`)
          .join('') + part;

      const { api, folder } = await makeTurn(() => ({ kind: 'text', text: 'Carried on.' }));
      writeFileSync(join(folder.data, 'sessions', file), content);
      const outcome = await folder.take({ attempt: 2, session: { id: sessionId, file } });

      const where = `${whole} lines and ${torn} of the next`;
      expect(outcome, where).toMatchObject({ ok: true, reply: 'written' });
      if (whole === lines.length) {
        expect(folder.reply()?.body, where).toBe('All done.');
        expect(api.requests, where).toHaveLength(0);
      } else {
        expect(folder.reply()?.body, where).toBe('Carried on.');
        expectWellFormed(api);
        const mailIsThere = lines.slice(0, whole).some((line) => line.includes('Please add 2 and 3.'));
        expect(userText(api, 1).includes('[System notice]'), where).toBe(mailIsThere);
        expect(userText(api, 1).split('Please add 2 and 3.'), where).toHaveLength(2);
      }
      // A session that can be read is continued in its own file; nothing is thrown away.
      expect(existsSync(join(folder.data, 'sessions', file)), where).toBe(true);
      const session = outcome.ok ? outcome.session_file : '';
      expect(session === file, where).toBe(whole > 0);
      // The next mail finds a session that holds this one.
      const third = await folder.take({ run_id: 'third', session: { id: sessionId, file: session } });
      expect(third, where).toMatchObject({ ok: true });
      expectWellFormed(api);
    }
  }
});

test('the notice names what was done, what is unsure, and the mails that wait', async () => {
  const { lines, file } = await finishedSession();
  const cut = lines.findIndex((line) => line.includes('"toolCall"') && line.includes('twice'));
  const { api, folder } = await makeTurn(() => ({ kind: 'text', text: 'Carried on.' }));
  writeFileSync(join(folder.data, 'sessions', file), `${lines.slice(0, cut + 1).join('\n')}\n`);
  const mail = { to: ['bob@example.com'], subject: 'Hi', body: 'Hi', status: 'pending' };
  writeFileSync(join(folder.outbox, 'to-bob.json'), JSON.stringify(mail));
  await folder.take({ attempt: 2, session: { id: sessionId, file } });
  const text = userText(api, 1);
  expect(text).toContain('This is attempt 2');
  expect(text).toMatch(/echo once >> effect[^\n]*→ returned/);
  expect(text).toMatch(/echo twice >> effect[^\n]*→ no result was recorded/);
  expect(text).toContain('to-bob.json');
});

test('a reply that is complete ends the turn without a question to the model', async () => {
  const { api, folder } = await makeTurn(() => ({ kind: 'text', text: 'First.' }));
  const first = await folder.take();
  const written = readFileSync(join(folder.outbox, `${runId}.json`), 'utf8');
  expect(await folder.take({ attempt: 2 })).toMatchObject({
    ok: true,
    reply: 'written',
    usage: first.usage,
    footer: first.ok ? first.footer : '',
  });
  expect(api.requests).toHaveLength(1);
  expect(readFileSync(join(folder.outbox, `${runId}.json`), 'utf8')).toBe(written);
});

test('a torn reply is written again', async () => {
  const { folder } = await makeTurn(() => ({ kind: 'text', text: 'First.' }));
  await folder.take();
  writeFileSync(join(folder.outbox, `${runId}.json`), '{"body":"Fir');
  expect(await folder.take({ attempt: 2 })).toMatchObject({ ok: true });
  expect(folder.reply()?.body).toBe('First.');
});

test('a session file that is gone is begun again under the same id', async () => {
  const { api, folder } = await makeTurn(() => ({ kind: 'text', text: 'ok' }));
  const outcome = await folder.take({ attempt: 2, session: { id: sessionId, file: 'gone.jsonl' } });
  expect(outcome).toMatchObject({ ok: true, session_file: expect.stringContaining(sessionId) });
  expect(userText(api, 1)).not.toContain('[System notice]');
});

test('an attempt that does not know the file finds it by the id of the session', async () => {
  const { api, folder } = await makeTurn(inOrder({ kind: 'drop' }, { kind: 'text', text: 'ok' }));
  await folder.take();
  expect(await folder.take({ attempt: 2 })).toMatchObject({ ok: true });
  expect(readdirSync(join(folder.data, 'sessions'))).toHaveLength(1);
  expect(userText(api, 2)).toContain('[System notice]');
  expect(userText(api, 2)).toContain('It had called no tools.');
});

test('a reply that the agent wrote in an attempt that failed counts in the next', async () => {
  const mail = JSON.stringify({ body: 'My own reply', status: 'pending' });
  const { folder } = await makeTurn(
    inOrder(bash(`echo '${mail}' > outbox/email/mine.json`), { kind: 'drop' }, { kind: 'text', text: 'ok' }),
  );
  expect(await folder.take()).toMatchObject({ ok: false, retry: true });
  const second = await folder.take({ attempt: 2 });
  expect(second).toMatchObject({ ok: true, reply: 'by_agent' });
  expect(folder.reply()).toBeNull();
  // All attempts of the run together, the broken request too.
  expect(second.usage.input).toBe(57);
});

test('something else in the place of a session file is left alone', async () => {
  const { folder } = await makeTurn(() => ({ kind: 'text', text: 'ok' }));
  const odd = join(folder.data, 'sessions', `2026-01-01T00-00-00-000Z_${sessionId}.jsonl`);
  mkdirSync(odd);
  expect(await folder.take()).toMatchObject({ ok: true });
  rmSync(odd, { recursive: true });
  writeFileSync(odd, 'no session\n');
  expect(
    await folder.take({ run_id: 'second', session: { id: sessionId, file: odd.split('/').at(-1) ?? '' } }),
  ).toMatchObject({
    ok: true,
  });
  expect(readFileSync(odd, 'utf8')).toBe('no session\n');
});
