/** The completion in the shells themselves. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completionScript } from './completion.ts';
import { SHELLS, type Shell } from './server.ts';
import { TABLE } from './table.ts';

const isThere = (shell: Shell) => spawnSync(shell, ['-c', 'true']).status === 0;

/** What is offered behind these words, the last of which is being typed. */
const ASK: Record<Shell, (script: string, words: readonly string[]) => string> = {
  bash: (script, words) =>
    run('bash', [
      '-c',
      `. '${script}'; COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _tinyfat; printf '%s\\n' "\${COMPREPLY[@]}"`,
      'x',
      'tinyfat',
      ...words,
    ]),
  zsh: (script, words) =>
    run('zsh', [
      '-fc',
      `compdef() {}; compadd() { shift; print -l -- "$@" }; _files() { print FILES }; . '${script}'; words=("$@"); CURRENT=$#; _tinyfat`,
      'x',
      'tinyfat',
      ...words,
    ]),
  fish: (script, words) =>
    run('fish', [
      '--no-config',
      '-c',
      `source '${script}'; complete -C "$argv"`,
      ['tinyfat', ...words].join(' '),
    ]),
};

let home = '';

/** What a shell keeps goes into the folder of the test. */
function run(program: string, args: string[]): string {
  return execFileSync(program, args, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', HOME: home },
  });
}

describe.each(SHELLS)('completion in %s', (shell) => {
  let folder: string;
  let script: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tinyfat-completion-'));
    home = folder;
    script = join(folder, 'script');
    writeFileSync(script, completionScript(shell, TABLE));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const offered = (...words: string[]) =>
    ASK[shell](script, words)
      .split('\n')
      .map((line) => line.split('\t')[0])
      .filter(Boolean);

  it.skipIf(!isThere(shell))(
    `offers commands, options and values (skipped where there is no ${shell})`,
    () => {
      expect(offered('')).toEqual(expect.arrayContaining(Object.keys(TABLE)));
      expect(offered('agent', '')).toEqual(expect.arrayContaining(['create', 'list', 'show', 'delete']));
      expect(offered('agent', '')).not.toContain('start');
      expect(offered('agent', 'create', 'scout', '--')).toEqual(
        expect.arrayContaining(['--owner', '--allow', '--model']),
      );
      expect(offered('agent', 'create', 'scout', '--')).not.toContain('--json');
      expect(offered('mails', '--')).toContain('--limit');
      expect(offered('token', 'create', '--scope', '')).toEqual(expect.arrayContaining(['read', 'admin']));
      expect(offered('token', 'create', '--scope', '')).not.toContain('--owner');
      expect(offered('completion', '')).toEqual(expect.arrayContaining([...SHELLS]));
    },
  );
});
