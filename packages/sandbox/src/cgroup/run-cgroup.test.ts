import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writableCgroupFolder } from '../test-support/cgroups.ts';
import { cgroupPlace } from './run-cgroup.ts';

const limits = { memoryBytes: 256 << 20, processes: 50, cpus: 1.5 };

const mounted = writableCgroupFolder();

describe('a cgroup', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'tinyfat-cgroup-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('gets its limits in the words of the kernel', async () => {
    cgroupPlace(root, new Set(['memory', 'pids', 'cpu'])).make('run', limits);
    const read = (file: string) => readFile(join(root, 'run', file), 'utf8');
    expect(await read('memory.max')).toBe(String(256 << 20));
    expect(await read('pids.max')).toBe('50');
    expect(await read('cpu.max')).toBe('150000 100000');
  });

  it('is asked only for what its parent gives', async () => {
    cgroupPlace(root, new Set(['memory', 'pids'])).make('run', limits);
    expect(existsSync(join(root, 'run/cpu.max'))).toBe(false);
  });

  it('reports what the kernel counted', async () => {
    const cgroup = cgroupPlace(root, new Set(['memory', 'pids'])).make('run', limits);
    expect(cgroup.report()).toEqual({ memoryKills: 0, peakMemoryBytes: null, refusedForks: 0 });
    const write = (file: string, text: string) => writeFile(join(root, 'run', file), text);
    await write('memory.events', 'low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n');
    await write('memory.peak', '1048576\n');
    await write('pids.events', 'max 7\n');
    expect(cgroup.report()).toEqual({ memoryKills: 2, peakMemoryBytes: 1048576, refusedForks: 7 });
  });

  it('leaves nothing when it can’t be made', async () => {
    await mkdir(join(root, 'run'));
    expect(() => cgroupPlace(root, new Set()).make('run', limits)).toThrow(/EEXIST/);
  });
});

it.skipIf(mounted === null)('a cgroup of the kernel is removed with what is inside', async () => {
  const parent = mounted ?? '';
  const cgroup = cgroupPlace(parent, new Set()).make(`tinyfat-test-${process.pid}`, limits);
  const children = [1, 2, 3].map(() => spawn('sleep', ['600'], { stdio: 'ignore' }));
  const ends = children.map((child) => once(child, 'exit'));
  await cgroup.join(children.map((child) => child.pid ?? -1));
  await cgroup.remove();
  expect((await Promise.all(ends)).map(([, signal]) => signal)).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL']);
  expect(existsSync(join(parent, `tinyfat-test-${process.pid}`))).toBe(false);
});
