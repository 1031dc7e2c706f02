/** The one list of agents' packages: everything that installs or names them takes exactly those. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentTools } from '../packages/sandbox/src/agent-tools.ts';

const ROOT = join(import.meta.dirname, '..');
const LIST = join(ROOT, 'deploy/agent-packages.txt');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const packages = read('deploy/agent-packages.txt')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

/** What a line for a shell would install: the words of its `apt-get install` that are no options. */
function installs(line: string): string[] {
  const stub = 'printf "%s\\n" "$@"';
  const script = line
    .replaceAll('/opt/tinyfat/deploy/agent-packages.txt', LIST)
    .replaceAll('/tmp/agent-packages.txt', LIST)
    .replaceAll(/\bapt-get /g, `sh -c '${stub}' apt-get `);
  const printed = execFileSync('sh', ['-ec', script], { encoding: 'utf8' });
  const [command, ...words] = printed.trim().split('\n');
  expect(command).toBe('install');
  expect(words).toContain('--no-install-recommends');
  return words.filter((word) => !word.startsWith('-'));
}

/** The part of a Dockerfile's steps that reads the list. */
function stepOf(dockerfile: string): string {
  const [step = ''] = /sed 's\/#\.\*\/\/' \/tmp\/agent-packages\.txt[^&;\\]*/.exec(read(dockerfile)) ?? [];
  return step;
}

describe('the list', () => {
  it('names no package twice', () => expect(new Set(packages).size).toBe(packages.length));

  it('is what the image of the server installs', () =>
    expect(installs(stepOf('deploy/docker/Dockerfile'))).toEqual(packages));

  it('is what the image on Cloudflare installs, with the certificates of public authorities', () =>
    expect(installs(stepOf('deploy/cloudflare/image/Dockerfile'))).toEqual(['ca-certificates', ...packages]));

  it('is what docs/self-host.md has one install', () => {
    const [line = ''] = /^apt-get install .*agent-packages\.txt\)$/m.exec(read('docs/self-host.md')) ?? [];
    expect(installs(line)).toEqual(packages);
  });

  it('is what the line in its own head installs', () => {
    const [, line = ''] = /^# {3}(apt-get install .*)$/m.exec(read('deploy/agent-packages.txt')) ?? [];
    expect(installs(line.replace(/ agent-packages\.txt/, ` ${LIST}`))).toEqual(packages);
  });

  it('is what `tinyfat doctor` looks for, but for the npm that comes with Node', () => {
    const looked = agentTools().map((tool) => tool.package);
    expect(packages).toEqual(looked.filter((name) => name !== 'npm'));
  });

  it('has what the tests install for themselves, under the names by which they look for it', () => {
    const script = read('bin/with-agent-tools');
    const [, line = ''] = /^install='(.*)'$/m.exec(script) ?? [];
    const installed = installs(line);
    const looked = [...script.matchAll(/command -v (\S+)/g)].map(([, name]) => name);
    expect(installed.length).toBeGreaterThan(0);
    expect(packages).toEqual(expect.arrayContaining(installed));
    const tools = agentTools().filter((tool) => installed.includes(tool.package));
    expect(looked).toEqual(expect.arrayContaining(tools.map(({ tool }) => tool)));
  });
});
