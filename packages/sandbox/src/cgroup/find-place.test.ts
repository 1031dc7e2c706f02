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
const places = (own: string) =>
  [...candidates({ mounts: `none ${root} cgroup2 rw 0 0\n`, membership: `0::${own}\n`, pid: PID })].map(
    ({ parent }) => parent.slice(root.length),
  );

describe('a place for cgroups', () => {
  it('a service alone in its cgroup steps into a leaf and gives the controllers to its children', async () => {
    await cgroup('/system.slice', { 'cgroup.subtree_control': '' });
    await cgroup('/system.slice/tinyfat.service', {
      'cgroup.controllers': 'cpuset cpu io memory pids\n',
      'cgroup.subtree_control': '',
      'cgroup.procs': `${PID}\n`,
    });
    expect(places('/system.slice/tinyfat.service')).toEqual(['/system.slice/tinyfat.service']);
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
    expect(likelyCgroups(view)).toBe(true);
    expect(await readdir(join(root, 'own'))).not.toContain('tinyfat-server');
    expect(likelyCgroups({ ...view, pid: PID + 1 })).toBe(false);
  });

  it('one that shares its cgroup moves nobody, and takes the nearest above that gives controllers', async () => {
    await cgroup('/user.slice', { 'cgroup.subtree_control': 'memory pids\n' });
    await cgroup('/user.slice/session', {
      'cgroup.controllers': 'memory pids\n',
      'cgroup.subtree_control': '',
      'cgroup.procs': `1\n${PID}\n`,
    });
    expect(places('/user.slice/session')).toEqual(['/user.slice']);
    expect(await readFile(join(root, 'user.slice/session/cgroup.procs'), 'utf8')).toBe(`1\n${PID}\n`);
  });

  it.skipIf(isRoot)('a folder that is not ours is no place', async () => {
    await cgroup('/slice', { 'cgroup.subtree_control': 'memory pids\n' });
    await cgroup('/slice/own', { 'cgroup.controllers': '', 'cgroup.procs': `${PID}\n` });
    await chmod(join(root, 'slice'), 0o555);
    expect(places('/slice/own')).toEqual([]);
    await chmod(join(root, 'slice'), 0o755);
  });

  it('there is no place where memory or pids are not given', async () => {
    await cgroup('/a', { 'cgroup.subtree_control': 'cpu memory\n' });
    await cgroup('/a/b', { 'cgroup.controllers': 'cpu memory\n', 'cgroup.procs': `${PID}\n` });
    expect(places('/a/b')).toEqual([]);
  });

  it('there is no place in version 1', async () => {
    for (const path of ['memory', 'pids']) await cgroup(path, {});
    const mounts = `cgroup ${root}/memory cgroup rw,memory 0 0\ncgroup ${root}/pids cgroup rw,pids 0 0\n`;
    const view = { mounts, membership: '9:memory:/\n8:pids:/\n', pid: PID };
    expect([...candidates(view)]).toEqual([]);
    expect(likelyCgroups(view)).toBe(false);
  });
});
