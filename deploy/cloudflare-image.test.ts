/** The image of turns' containers on Cloudflare: what its agents find is as in a sandbox of the server, and it ends by itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SandboxRequest } from '../packages/sandbox/src/contract.ts';
import { viewOptions } from '../packages/sandbox/src/view.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');
const dockerfile = read('cloudflare/image/Dockerfile');
const [, entrypoint = '[]'] = /^ENTRYPOINT (.*)$/m.exec(dockerfile) ?? [];
const first: string[] = JSON.parse(entrypoint);

/** The environment that a sandbox of the server gives. */
function sandboxEnvironment(): Record<string, string> {
  const request = {
    ...{ dataFolder: '/data', inboxFolder: '/inbox', platformFolders: {}, environment: {} },
    limits: { temporaryBytes: 1 },
  } as SandboxRequest;
  const inside = { uid: 1000, gid: 1000, root: false };
  const options = viewOptions({ inside, nodeBinary: '/node', system: [] }, request);
  return Object.fromEntries(
    options.flatMap((option, at) =>
      option === '--setenv' ? [[options[at + 1] ?? '', options[at + 2] ?? '']] : [],
    ),
  );
}

describe('the image', () => {
  it('has the environment, the folder and the user’s name of a sandbox; Node is in PATH already', () => {
    const [, line = ''] = /^ENV (.*)$/m.exec(dockerfile) ?? [];
    const environment = Object.fromEntries(line.split(' ').map((part) => part.split('=')));
    const { PATH = '', ...others } = sandboxEnvironment();
    expect(environment).toEqual({ ...others, PATH: PATH.replace(/:\/run\/bin$/, '') });
    expect(dockerfile).toContain(
      'useradd --uid 1000 --gid agent --home-dir /data --no-create-home --shell /bin/bash agent',
    );
    expect(dockerfile).toMatch(/^WORKDIR \/data$/m);
  });

  it('has a Node that the packages of the lock file allow, and bases of one Debian, each of a stated version', () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+:\S+)/gm)].map(([, base]) => base);
    expect(bases).toEqual([expect.stringMatching(/^node:\d+\.\d+\.\d+-trixie-slim$/), 'debian:13-slim']);
    const [, major, minor] = /^node:(\d+)\.(\d+)/.exec(bases[0] ?? '') ?? [];
    const { engines } = JSON.parse(read('../package.json'));
    const [, least, leastMinor] = /^>=(\d+)\.(\d+)$/.exec(engines.node) ?? [];
    expect(Number(major) * 1000 + Number(minor)).toBeGreaterThanOrEqual(
      Number(least) * 1000 + Number(leastMinor),
    );
  });

  it('has nothing that runs as another user, and compiles step-mom as the user of every turn', () => {
    expect(dockerfile).toContain('find / -xdev -type f -perm /6000 -exec chmod ug-s {} +');
    const [, cache = ''] = /AS cache\n([\s\S]*?)\nFROM /.exec(dockerfile) ?? [];
    expect(cache).toMatch(/^USER 1000:1000\nRUN node \/opt\/step-mom\/main\.js --probe /m);
    expect(dockerfile).toMatch(/^COPY --from=cache --chown=0:0 (\/var\/cache\/step-mom) \1$/m);
  });
});

describe('its first process', () => {
  let folder: string;
  let programs: string;
  let running: ChildProcess | null;
  beforeEach(() => {
    running = null;
    folder = mkdtempSync(join(tmpdir(), 'tinyfat-image-'));
    programs = `${folder}:${process.env.PATH}`;
  });
  afterEach(() => {
    // Its whole group, where it is still there.
    if (running?.pid !== undefined && running.exitCode === null) process.kill(-running.pid, 'SIGKILL');
    rmSync(folder, { recursive: true });
  });
  const start = (words: readonly string[]) => {
    const [program = '', ...others] = words;
    const started = spawn(program, others, {
      env: { PATH: programs },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    running = started;
    return started;
  };
  /** In the place of `sleep`: says for how long it should, and ends when the file `over` is there. */
  const sleep = (more = '') => {
    const script = `#!/bin/sh\necho "$1"\n${more}\nuntil [ -e ${folder}/over ]; do :; done\n`;
    writeFileSync(join(folder, 'sleep'), script);
    chmodSync(join(folder, 'sleep'), 0o755);
  };

  it('lasts the 15 minutes of a queue consumer, also where it is asked to end, and then ends', async () => {
    sleep();
    const started = start(first);
    const ended = new Promise((resolve) => started.on('close', (...how) => resolve(how)));
    const asked = await new Promise((resolve) => started.stdout.once('data', (bytes) => resolve(`${bytes}`)));
    expect(asked).toBe(`${15 * 60}\n`);
    if (started.pid !== undefined) process.kill(-started.pid, 'SIGTERM');
    writeFileSync(join(folder, 'over'), '');
    expect(await ended).toEqual([0, null]);
  });

  it('takes in the processes that others left behind', async () => {
    // Its parent ends at once, so it is the first process that must take note of its end.
    sleep(`
      (sh -c 'echo $$ >${folder}/orphan; exit' &)
      until [ -s ${folder}/orphan ]; do :; done
      while [ -e /proc/$(cat ${folder}/orphan) ]; do :; done
      : >${folder}/over
      echo taken in`);
    const options = ['--unshare-pid', '--as-pid-1', '--die-with-parent', '--bind', '/', '/'];
    const started = start(['bwrap', ...options, '--proc', '/proc', '--dev', '/dev', ...first]);
    expect(await text(started.stdout)).toBe('900\ntaken in\n');
  });
});
