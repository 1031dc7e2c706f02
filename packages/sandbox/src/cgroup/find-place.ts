/**
 * Where this process may make cgroups for its runs: version 2 before version 1, our own cgroup before one
 * beside it, and only where a process has really been moved in. No place is no error: the watchdog stands in.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ServerRecord } from '../server-record.ts';
import { type CgroupPlace, members } from './run-cgroup.ts';
import { cgroupV1 } from './v1.ts';
import { type Controller, cgroupV2 } from './v2.ts';

/** The kernel's view of us: the texts of /proc/self/mounts and /proc/self/cgroup, and our process id. */
export interface CgroupView {
  mounts: string;
  membership: string;
  pid: number;
}

/** Reads the view of this process. */
export function ownCgroupView(): CgroupView {
  return {
    mounts: readFileSync('/proc/self/mounts', 'utf8'),
    membership: readFileSync('/proc/self/cgroup', 'utf8'),
    pid: process.pid,
  };
}

/** The first place where a process could really be moved into a cgroup with limits; null when there is none. */
export async function findCgroupPlace(view: CgroupView, record: ServerRecord): Promise<CgroupPlace | null> {
  for (const candidate of candidates(view)) {
    record.willUse(candidate.parents);
    if (await works(candidate, record.cgroupName('try'))) return candidate;
  }
  return null;
}

/** Places that look possible, best first. Switching controllers on happens here, when the place is asked for. */
export function* candidates(view: CgroupView): Generator<CgroupPlace> {
  yield* candidatesV2(view);
  const memory = hierarchyV1(view, 'memory');
  const pids = hierarchyV1(view, 'pids');
  if (memory !== null && pids !== null) yield cgroupV1({ memory, pids, cpu: hierarchyV1(view, 'cpu') });
}

function* candidatesV2(view: CgroupView): Generator<CgroupPlace> {
  const mount = mountsOf(view).find((entry) => entry.type === 'cgroup2')?.folder;
  const path = view.membership.match(/^0::(\/.*)$/m)?.[1];
  if (mount === undefined || path === undefined) return;
  const own = join(mount, path);

  const delegated = enterLeaf(own, view.pid);
  if (delegated !== null) yield cgroupV2(own, delegated);

  for (let folder = own; folder.startsWith(mount); folder = dirname(folder)) {
    const given = controllersIn(join(folder, 'cgroup.subtree_control'));
    if (enough(given) && writable(folder)) yield cgroupV2(folder, given);
  }
}

/**
 * A cgroup that has children with controllers may hold no process itself. When we are alone in ours (a
 * service with its own cgroup), we move into a leaf below it and switch the controllers on; else not, as the
 * others are not ours to move.
 */
function enterLeaf(own: string, pid: number): Set<Controller> | null {
  const available = controllersIn(join(own, 'cgroup.controllers'));
  if (!aloneIn(own, pid, available)) return null;
  const leaf = join(own, 'tinyfat-server');
  try {
    mkdirSync(leaf, { recursive: true });
    writeFileSync(join(leaf, 'cgroup.procs'), String(pid));
    const wanted = [...available].map((controller) => `+${controller}`).join(' ');
    writeFileSync(join(own, 'cgroup.subtree_control'), wanted);
    return available;
  } catch {
    return null;
  }
}

function aloneIn(own: string, pid: number, available: Set<Controller>): boolean {
  const inside = members(own);
  return enough(available) && writable(own) && inside.length === 1 && inside[0] === pid;
}

/**
 * The version of the cgroups that a server started like this process would probably find; null where it would find
 * none. Looks only: nothing is made and nobody moved, so what rights over a common ancestor forbid is not seen.
 */
export function likelyCgroups(view: CgroupView): 1 | 2 | null {
  const mount = mountsOf(view).find((entry) => entry.type === 'cgroup2')?.folder;
  const path = view.membership.match(/^0::(\/.*)$/m)?.[1];
  if (mount !== undefined && path !== undefined) {
    const own = join(mount, path);
    if (aloneIn(own, view.pid, controllersIn(join(own, 'cgroup.controllers')))) return 2;
    for (let folder = own; folder.startsWith(mount); folder = dirname(folder))
      if (enough(controllersIn(join(folder, 'cgroup.subtree_control'))) && writable(folder)) return 2;
  }
  return hierarchyV1(view, 'memory') !== null && hierarchyV1(view, 'pids') !== null ? 1 : null;
}

function hierarchyV1(view: CgroupView, controller: Controller): string | null {
  const mount = mountsOf(view).find(
    (entry) => entry.type === 'cgroup' && entry.options.split(',').includes(controller),
  );
  if (!mount) return null;
  const line = view.membership
    .split('\n')
    .map((text) => text.split(':'))
    .find((fields) => fields[1]?.split(',').includes(controller));
  const own = join(mount.folder, line?.slice(2).join(':') ?? '/');
  // Without a cgroup namespace a container sees the path of the host, which is not there.
  return [own, mount.folder].find(writable) ?? null;
}

const KNOWN: readonly Controller[] = ['memory', 'pids', 'cpu'];

function controllersIn(file: string): Set<Controller> {
  try {
    const words = readFileSync(file, 'latin1').trim().split(/\s+/);
    return new Set(KNOWN.filter((controller) => words.includes(controller)));
  } catch {
    return new Set();
  }
}

const enough = (controllers: Set<Controller>) => controllers.has('memory') && controllers.has('pids');

function writable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function mountsOf(view: CgroupView): { folder: string; type: string; options: string }[] {
  return view.mounts.split('\n').map((line) => {
    const [, folder = '', type = '', options = ''] = line.split(' ');
    return { folder, type, options };
  });
}

/** Permissions don't tell everything (moving needs rights over a common ancestor too), so one is moved. */
async function works(place: CgroupPlace, name: string): Promise<boolean> {
  try {
    const cgroup = place.make(name, { memoryBytes: 64 << 20, processes: 8, cpus: 1 });
    const child = spawn('/bin/cat', { env: {}, stdio: ['pipe', 'ignore', 'ignore'] });
    const ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
    try {
      if (child.pid === undefined) return false;
      await cgroup.join([child.pid]);
      return true;
    } finally {
      child.stdin.destroy();
      await ended;
      await cgroup.remove();
    }
  } catch {
    return false;
  }
}
