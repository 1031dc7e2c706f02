import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lookCommand, memoryLine, readFindings, recallCommand, rememberCommand } from './bash-commands.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs a command as the bash tool would, with `folder` in the place of /data and /inbox. */
const run = (command: string) =>
  execFileSync(
    'bash',
    ['-c', command.replaceAll('/data', folder).replaceAll('/inbox/', `${folder}/inbox-`)],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
const memory = () => readFile(join(folder, 'MEMORY.md'), 'utf8');

test.each([
  "it's a 'quoted' note",
  "'; touch pwned; echo '",
  '$(touch pwned) `touch pwned` $HOME ~',
  '\\"; touch pwned; \\',
  'a\\',
  "'\\''; touch pwned #",
  'line one\ntouch pwned\r\ntouch pwned\u2028x\u0000\u001b[31m',
  '-n -e %s %n \\n !!',
  '--help',
  '*  ~  &&  |  > pwned',
  'Ünïcödé 🎈',
])('writes the note as it is and runs nothing of it: %j', async (note) => {
  await writeFile(join(folder, 'MEMORY.md'), '# Memory');
  const output = run(rememberCommand(note));
  expect(output).toBe(`${memoryLine(note)}\n`);
  expect(await memory()).toBe(`# Memory\n${memoryLine(note)}\n`);
  expect(await readdir(folder)).toEqual(['MEMORY.md']);
});

test('writes a note once, and makes the file when there is none', async () => {
  run(rememberCommand('tea'));
  run(rememberCommand('tea'));
  run(rememberCommand('tea at five'));
  expect(await memory()).toBe('- tea\n- tea at five\n');
  expect(run(recallCommand())).toBe('- tea\n- tea at five\n');
});

test('finds what is there', async () => {
  await writeFile(join(folder, 'MEMORY.md'), '# Memory\n\nline\n');
  await writeFile(join(folder, 'odd\nname'), '');
  expect(readFindings(run(lookCommand()))).toEqual({
    memory: ['# Memory', 'line'],
    attachments: [],
    folder: ['MEMORY.md', 'odd?name'],
  });
});
