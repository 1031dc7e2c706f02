import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ended, startProgram, useBundle } from './test-support/bundle.ts';
import { bash, makeTurn, userText } from './test-support/fixture.ts';
import type { Answer } from './test-support/messages-api.ts';
import { sessionId, type TurnFolder } from './test-support/turn-folder.ts';

const bundle = useBundle();

/** A command that leaves a mark and then waits until the test lets it end, or removes its folder. */
const waitingCommand = 'echo mark >> effect; while [ -e effect ] && [ ! -e go ]; do sleep 0.02; done';

/** Resolves when the file is there. */
async function appears(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Runs the second attempt and looks that the mail is answered once and the session is whole. */
async function carriesOn(folder: TurnFolder): Promise<void> {
  folder.writeInput({ attempt: 2, session: { id: sessionId, file: null } });
  const end = await ended(startProgram(bundle(), folder));
  expect(end.stdout).toContain('"ok":true');
  expect(folder.reply()?.body).toBe('Answered.');
  for (const line of readFileSync(folder.sessionPath(), 'utf8').trim().split('\n')) JSON.parse(line);
}

test.each<[string, (n: number) => Answer, number]>([
  ['while the model has not answered', (n) => (n === 1 ? { kind: 'silence' } : answer), 1],
  ['in the middle of an answer', (n) => (n === 1 ? { kind: 'stall' } : answer), 1],
  [
    'after a tool, while the model thinks',
    (n) => (n === 1 ? bash('echo mark >> effect') : n === 2 ? { kind: 'stall' } : answer),
    2,
  ],
])('a program killed %s is carried on', async (_, script, killAt) => {
  const { api, folder } = await makeTurn(script);
  folder.writeInput();
  const child = startProgram(bundle(), folder);
  const first = ended(child);
  await api.request(killAt);
  child.kill('SIGKILL');
  expect(await first).toMatchObject({ signal: 'SIGKILL' });
  expect(folder.reply()).toBeNull();
  await carriesOn(folder);
  expect(userText(api, killAt + 1)).toContain('[System notice] This is attempt 2');
  if (killAt === 2) expect(userText(api, 3)).toMatch(/echo mark >> effect[^→]*→ returned/);
});

const answer: Answer = { kind: 'text', text: 'Answered.' };

test('a program killed in the middle of a command is carried on, and told that it is unsure', async () => {
  const { api, folder } = await makeTurn((n) => (n === 1 ? bash(waitingCommand) : answer));
  folder.writeInput();
  const child = startProgram(bundle(), folder);
  const first = ended(child);
  await appears(join(folder.data, 'effect'));
  child.kill('SIGKILL');
  await carriesOn(folder);
  writeFileSync(join(folder.data, 'go'), '');
  await first;
  expect(userText(api, 2)).toContain('no result was recorded');
  expect(readFileSync(join(folder.data, 'effect'), 'utf8')).toBe('mark\n');
});

test('a program killed at any line of its events is carried on', async () => {
  for (const kill of ['start', 'tool_call', 'tool_result', 'text'] as const) {
    const { folder } = await makeTurn((_, request) =>
      JSON.stringify(request.body.messages).includes('tool_result') ? answer : bash('echo mark >> effect'),
    );
    folder.writeInput();
    const child = startProgram(bundle(), folder);
    const first = ended(child);
    const seen = () =>
      existsSync(join(folder.data, 'events')) && folder.events().some(({ type }) => type === kill);
    while (!seen()) await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill('SIGKILL');
    await first;
    await carriesOn(folder);
    rmSync(join(folder.data, 'effect'), { force: true });
  }
});
