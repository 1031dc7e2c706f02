/** Finding a place from what the kernel says, on folders that look like its cgroup file systems. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { candidates, likelyCgroups } from './find-place.ts';

const PID = 77;
const isRoot = process.getuid?.() === 0;

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tinyfat-cgroups-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const cgroup = async (path: string, files: Record<string, string>) => {
  await mkdir(join(root, path), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, path, name), text);
};
const placesV2 = (own: string) =>
  [...candidates({ mounts: `none ${root} cgroup2 rw 0 0\n`, membership: `0::${own}\n`, pid: PID })].map(
    (place) => ({
      version: place.version,
      parents: place.parents.map((parent) => parent.slice(root.length)),
    }),
  );

describe('in version 2', () => {
  it('a service alone in its cgroup steps into a leaf and gives the controllers to its children', async () => {
    await cgroup('/system.slice', { 'cgroup.subtree_control': '' });
    await cgroup('/system.slice/tinyfat.service', {
      'cgroup.controllers': 'cpuset cpu io memory pids\n',
      'cgroup.subtree_control': '',
      'cgroup.procs': `${PID}\n`,
    });
    expect(placesV2('/system.slice/tinyfat.service')).toEqual([
      { version: 2, parents: ['/system.slice/tinyfat.service'] },
    ]);
    const own = join(root, 'system.slice/tinyfat.service');
    expect(await readFile(join(own, 'tinyfat-server/cgroup.procs'), 'utf8')).toBe(String(PID));
    expect(await readFile(join(own, 'cgroup.subtree_control'), 'utf8')).toBe('+memory +pids +cpu');
  });

  it('a look at the same place finds it, and makes nothing', async () => {
    await cgroup('/own', {
      'cgroup.controllers': 'cpu memory pids\n',
      'cgroup.subtree_control': '',
      'cgroup.procs': `${PID}\n`,
    });
    const view = { mounts: `none ${root} cgroup2 rw 0 0\n`, membership: '0::/own\n', pid: PID };
    expect(likelyCgroups(view)).toBe(2);
    expect(await readdir(join(root, 'own'))).not.toContain('tinyfat-server');
    expect(likelyCgroups({ ...view, pid: PID + 1 })).toBeNull();
  });

  it('one that shares its cgroup moves nobody, and takes the nearest above that gives controllers', async () => {
    await cgroup('/user.slice', { 'cgroup.subtree_control': 'memory pids\n' });
    await cgroup('/user.slice/session', {
      'cgroup.controllers': 'memory pids\n',
      'cgroup.subtree_control': '',
      'cgroup.procs': `1\n${PID}\n`,
    });
    expect(placesV2('/user.slice/session')).toEqual([{ version: 2, parents: ['/user.slice'] }]);
    expect(await readFile(join(root, 'user.slice/session/cgroup.procs'), 'utf8')).toBe(`1\n${PID}\n`);
  });

  it.skipIf(isRoot)('a folder that is not ours is no place', async () => {
    await cgroup('/slice', { 'cgroup.subtree_control': 'memory pids\n' });
    await cgroup('/slice/own', { 'cgroup.controllers': '', 'cgroup.procs': `${PID}\n` });
    await chmod(join(root, 'slice'), 0o555);
    expect(placesV2('/slice/own')).toEqual([]);
    await chmod(join(root, 'slice'), 0o755);
  });

  it('there is no place where memory or pids are not given', async () => {
    await cgroup('/a', { 'cgroup.subtree_control': 'cpu memory\n' });
    await cgroup('/a/b', { 'cgroup.controllers': 'cpu memory\n', 'cgroup.procs': `${PID}\n` });
    expect(placesV2('/a/b')).toEqual([]);
  });
});

describe('in version 1', () => {
  const view = (mounts: string[][], membership: string) => ({
    mounts: mounts
      .map(([folder, options]) => `cgroup ${join(root, folder ?? '')} cgroup rw,${options} 0 0\n`)
      .join(''),
    membership,
    pid: PID,
  });

  it('our own cgroup of each hierarchy is taken', async () => {
    for (const path of ['memory/own', 'pids/own', 'cpu,cpuacct/other']) await cgroup(path, {});
    const [place] = candidates(
      view(
        [
          ['memory', 'memory'],
          ['pids', 'pids'],
          ['cpu,cpuacct', 'cpu,cpuacct'],
        ],
        '9:memory:/own\n8:pids:/own\n7:cpu,cpuacct:/other\n',
      ),
    );
    expect(place?.parents).toEqual(
      ['memory/own', 'pids/own', 'cpu,cpuacct/other'].map((path) => join(root, path)),
    );
  });

  it('the top is taken where our own path is that of another namespace', async () => {
    for (const path of ['memory', 'pids']) await cgroup(path, {});
    const mounts = [
      ['memory', 'memory'],
      ['pids', 'pids'],
    ];
    const [place] = candidates(view(mounts, '9:memory:/docker/abc\n8:pids:/docker/abc\n'));
    expect(place?.version).toBe(1);
    expect(place?.parents).toEqual([join(root, 'memory'), join(root, 'pids')]);
  });

  it('there is no place without memory or pids', async () => {
    await cgroup('memory', {});
    expect([...candidates(view([['memory', 'memory']], '9:memory:/\n'))]).toEqual([]);
  });
});
