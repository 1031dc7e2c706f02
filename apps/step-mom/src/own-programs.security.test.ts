/** An agent can put programs of any name first in PATH. They are its own affair; nothing of ours starts them. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bash, inOrder, makeTurn } from './test-support/fixture.ts';

/** Programs that leave a word behind and then fail. */
function plant(data: string, names: string[]): void {
  mkdirSync(join(data, '.local/bin'), { recursive: true });
  const program = '#!/bin/sh\necho "$0" >> "$HOME/started"\nexit 1\n';
  for (const name of names) writeFileSync(join(data, '.local/bin', name), program, { mode: 0o755 });
}

const names = [
  'bash',
  'sh',
  'node',
  'git',
  'env',
  'which',
  'rg',
  'fd',
  'python3',
  'npm',
  'ps',
  'kill',
  'true',
];

test('a turn goes on with its own shell, and starts none of them', async () => {
  const { folder } = await makeTurn(
    inOrder(
      bash('echo "$BASH"; type -p node'),
      { kind: 'tools', calls: [{ name: 'read', input: { path: 'note.txt', offset: null, limit: null } }] },
      { kind: 'text', text: 'Done.' },
    ),
  );
  plant(folder.data, names);
  writeFileSync(join(folder.data, 'note.txt'), 'a note');
  expect(await folder.take()).toMatchObject({ ok: true });
  expect(folder.reply()?.body).toBe('Done.');
  const results = folder.events().filter((event) => event.type === 'tool_result');
  expect(results.map(({ is_error }) => is_error)).toEqual([false, false]);
  expect(results[0]?.output.trim().split('\n')).toEqual(['/bin/bash', join(folder.data, '.local/bin/node')]);
  expect(existsSync(join(folder.data, 'started'))).toBe(false);
});

test('by name the agent gets its own, and only its command fails', async () => {
  const { folder } = await makeTurn(inOrder(bash('git status'), { kind: 'text', text: 'Done.' }));
  plant(folder.data, ['git']);
  const outcome = await folder.take();
  expect(outcome).toMatchObject({ ok: true });
  expect(readFileSync(join(folder.data, 'started'), 'utf8')).toContain('.local/bin/git');
});

test.each([
  ['a file', (local: string) => writeFileSync(local, 'x')],
  ['a link to itself', (local: string) => symlinkSync('.local', local)],
])('%s in the place of the folder breaks nothing', async (_what, spoil) => {
  const { folder } = await makeTurn(inOrder(bash('echo fine'), { kind: 'text', text: 'Done.' }));
  spoil(join(folder.data, '.local'));
  expect(await folder.take()).toMatchObject({ ok: true });
  expect(
    folder
      .events()
      .find((event) => event.type === 'tool_result')
      ?.output.trim(),
  ).toBe('fine');
});
