import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { programsHere } from './programs-here.ts';
import { systemPrompt } from './system-prompt.ts';

let root: string;
let bin: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'programs-'));
  bin = join(root, 'bin');
  mkdirSync(bin);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const install = (...names: string[]) => {
  for (const name of names) writeFileSync(join(bin, name), '', { mode: 0o755 });
};

test('programs of the list are found, in its order, in any folder of PATH', () => {
  install('npm', 'git', 'some-other', 'jq');
  chmodSync(join(bin, 'jq'), 0o644);
  mkdirSync(join(bin, 'curl'));
  symlinkSync('gcc', join(bin, 'gcc'));
  expect(programsHere(`/nonexistent:${join(bin, 'git')}::${bin}`)).toEqual({
    names: ['git', 'npm'],
    venv: false,
  });
});

test('virtual environments are there with what Debian keeps apart', () => {
  install('python3.11');
  symlinkSync('python3.11', join(bin, 'python3'));
  expect(programsHere(bin)).toEqual({ names: ['python3'], venv: false });
  mkdirSync(join(root, 'lib/python3.11/ensurepip'), { recursive: true });
  expect(programsHere(bin)).toEqual({ names: ['python3'], venv: true });
});

const agent = { id: 'a', name: 'otto', address: 'otto@example.org', owner: 'olga@example.org' };
const prompt = () => systemPrompt(agent, programsHere(bin)).split('# The sandbox')[1] ?? '';

test('the prompt names what is there and how to install more, and nothing that is not there', () => {
  install('git', 'python3', 'pip3', 'npm');
  expect(prompt()).toContain('there are: git, python3, pip3, npm.');
  expect(prompt()).toContain('`npm install -g NAME`, `pip3 install NAME`. It goes below /data/.local');
  expect(prompt()).not.toMatch(/venv|uv |chromium/);
  install('uv', 'chromium');
  expect(prompt()).toContain('`uv tool install NAME`');
  expect(prompt()).toContain('`uv venv DIR`');
  expect(prompt()).toContain('chromium --headless');
});

test('the prompt says so when there is nothing, and stays short when there is everything', () => {
  expect(prompt()).toContain('there are: no others.');
  expect(prompt()).not.toContain('install');
  install(
    ...Array.from({ length: 500 }, (_, n) => `x${n}`),
    'git',
    'rg',
    'uv',
    'npm',
    'pip3',
    'python3',
    'java',
  );
  expect(prompt().length).toBeLessThan(1600);
});
