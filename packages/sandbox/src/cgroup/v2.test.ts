import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cgroupV2 } from './v2.ts';

const limits = { memoryBytes: 256 << 20, processes: 50, cpus: 1.5 };

/** A mounted version 2 file system that we may write to; its controllers may all be bound to version 1. */
const mounted = readFileSync('/proc/self/mounts', 'utf8').match(/^\S+ (\S+) cgroup2 /m)?.[1];
const writable = (() => {
  try {
    accessSync(mounted ?? '/nowhere', constants.W_OK);
    return true;
  } catch {
    return false;
  }
})();

describe('a cgroup of version 2', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'tinyfat-cgroup-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('gets its limits in the words of the kernel', async () => {
    cgroupV2(root, new Set(['memory', 'pids', 'cpu'])).make('run', limits);
    const read = (file: string) => readFile(join(root, 'run', file), 'utf8');
    expect(await read('memory.max')).toBe(String(256 << 20));
    expect(await read('pids.max')).toBe('50');
    expect(await read('cpu.max')).toBe('150000 100000');
  });

  it('is asked only for what its parent gives', async () => {
    cgroupV2(root, new Set(['memory', 'pids'])).make('run', limits);
    expect(existsSync(join(root, 'run/cpu.max'))).toBe(false);
  });

  it('reports what the kernel counted', async () => {
    const cgroup = cgroupV2(root, new Set(['memory', 'pids'])).make('run', limits);
    expect(cgroup.report()).toEqual({ memoryKills: 0, peakMemoryBytes: null, refusedForks: 0 });
    const write = (file: string, text: string) => writeFile(join(root, 'run', file), text);
    await write('memory.events', 'low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n');
    await write('memory.peak', '1048576\n');
    await write('pids.events', 'max 7\n');
    expect(cgroup.report()).toEqual({ memoryKills: 2, peakMemoryBytes: 1048576, refusedForks: 7 });
  });

  it('leaves nothing when it can’t be made', async () => {
    await mkdir(join(root, 'run'));
    expect(() => cgroupV2(root, new Set()).make('run', limits)).toThrow(/EEXIST/);
  });
});

it.skipIf(!writable)('the kernel’s version 2 kills and removes what is inside', async () => {
  const parent = mounted ?? '';
  const cgroup = cgroupV2(parent, new Set()).make(`tinyfat-test-${process.pid}`, limits);
  const children = [1, 2, 3].map(() => spawn('sleep', ['600'], { stdio: 'ignore' }));
  const ends = children.map((child) => once(child, 'exit'));
  await cgroup.join(children.map((child) => child.pid ?? -1));
  await cgroup.remove();
  expect((await Promise.all(ends)).map(([, signal]) => signal)).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL']);
  expect(existsSync(join(parent, `tinyfat-test-${process.pid}`))).toBe(false);
});
