import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { agentTools, missingAgentTools } from './agent-tools.ts';

let root: string;
let programs: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tinyfat-tools-'));
  programs = join(root, 'bin');
  await mkdir(programs);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const install = async (name: string, mode = 0o755) => {
  await writeFile(join(programs, name), '#!/bin/sh\n');
  await chmod(join(programs, name), mode);
};
const present = () =>
  agentTools([programs])
    .filter((tool) => tool.present)
    .map((tool) => tool.tool);

it('a tool is there when everybody may run it', async () => {
  await install('git');
  await install('jq', 0o644);
  await install('file', 0o750);
  await mkdir(join(programs, 'curl'));
  await symlink('git', join(programs, 'rg'));
  expect(present()).toEqual(['git', 'rg']);
});

it('a link out of what a sandbox shows is no tool', async () => {
  await writeFile(join(root, 'elsewhere'), '#!/bin/sh\n', { mode: 0o755 });
  await symlink(join(root, 'elsewhere'), join(programs, 'git'));
  await symlink('nowhere', join(programs, 'jq'));
  expect(present()).toEqual([]);
});

it('Python makes virtual environments only with the package that Debian keeps for it', async () => {
  await install('python3.11');
  await symlink('python3.11', join(programs, 'python3'));
  expect(present()).toEqual(['python3']);
  await mkdir(join(root, 'lib/python3.11/ensurepip'), { recursive: true });
  expect(present()).toEqual(['python3', 'python3 -m venv']);
});

it('what is missing comes with the line that installs it, each package once', async () => {
  await install('git');
  const missing = missingAgentTools(agentTools([programs]));
  expect(missing?.tools.map((tool) => tool.tool)).not.toContain('git');
  expect(missing?.tools[0]).toEqual({ tool: 'curl', package: 'curl', present: false });
  expect(missing?.install).toMatch(
    /^apt-get install -y --no-install-recommends curl wget jq ripgrep .*pandoc/,
  );
  expect(missingAgentTools(agentTools([programs]).map((tool) => ({ ...tool, present: true })))).toBe(null);
});
