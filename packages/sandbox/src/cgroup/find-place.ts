/**
 * Where this process may make cgroups for its runs: below its own cgroup before beside it, and only where a process has
 * really been moved in. Where there is no such place, rlimits and the watchdog limit the runs. Version 1 of cgroups is not
 * used.
 */
import { spawn } from 'node:child_process';
import { constants, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mayUse, textOf } from '../look.ts';
import { type CgroupPlace, type Controller, cgroupPlace, members } from './run-cgroup.ts';

/** The kernel's view of us: the texts of /proc/self/mounts and /proc/self/cgroup, and our process id. */
interface CgroupView {
  mounts: string;
  membership: string;
  pid: number;
}

function ownView(): CgroupView {
  return {
    mounts: textOf('/proc/self/mounts'),
    membership: textOf('/proc/self/cgroup'),
    pid: process.pid,
  };
}

/** Writes down where cgroups are made, so that the next server can remove what a dead one left. */
export interface CgroupRecord {
  /** How a cgroup of this server is to be named. */
  cgroupName(purpose: string): string;
  /** Writes a folder down before cgroups are made in it. */
  willUse(cgroupParent: string): void;
}

/** The first place where a process could really be moved into a cgroup with limits; null when there is none. */
export async function findCgroupPlace(record: CgroupRecord): Promise<CgroupPlace | null> {
  for (const candidate of candidates(ownView())) {
    record.willUse(candidate.parent);
    if (await works(candidate, record.cgroupName('try'))) return candidate;
  }
  return null;
}

/** Places that look possible, best first. Switching controllers on happens here, when the place is asked for. */
export function* candidates(view: CgroupView): Generator<CgroupPlace> {
  const own = ownCgroup(view);
  if (own === null) return;
  const controllers = controllersIn(join(own.folder, 'cgroup.controllers'));
  if (aloneIn(own.folder, view.pid, controllers) && enterLeaf(own.folder, view.pid, controllers))
    yield cgroupPlace(own.folder, controllers);
  yield* placesAbove(own);
}

/**
 * Whether a server started like this process would probably find a place. Looks only: nothing is made and nobody moved,
 * so what rights over a common ancestor forbid is not seen.
 */
export function likelyCgroups(view: CgroupView = ownView()): boolean {
  const own = ownCgroup(view);
  if (own === null) return false;
  const alone = aloneIn(own.folder, view.pid, controllersIn(join(own.folder, 'cgroup.controllers')));
  return alone || !placesAbove(own).next().done;
}

interface OwnCgroup {
  mount: string;
  folder: string;
}

function ownCgroup({ mounts, membership }: CgroupView): OwnCgroup | null {
  const mount = mounts.match(/^\S+ (\S+) cgroup2 /m)?.[1];
  const path = membership.match(/^0::(\/.*)$/m)?.[1];
  return mount === undefined || path === undefined ? null : { mount, folder: join(mount, path) };
}

/** Our own folder and those above it that give controllers to their children. */
function* placesAbove({ mount, folder: own }: OwnCgroup): Generator<CgroupPlace> {
  for (let folder = own; folder.startsWith(mount); folder = dirname(folder)) {
    const given = controllersIn(join(folder, 'cgroup.subtree_control'));
    if (enough(given) && mayUse(folder, constants.W_OK)) yield cgroupPlace(folder, given);
  }
}

/** Alone in its cgroup is a service with one of its own (systemd's Delegate=yes). */
function aloneIn(own: string, pid: number, available: Set<Controller>): boolean {
  const inside = members(own);
  return enough(available) && mayUse(own, constants.W_OK) && inside.length === 1 && inside[0] === pid;
}

/**
 * Moves us into a leaf below our own cgroup and switches its controllers on: a cgroup that has children with controllers
 * may hold no process itself. Only where we are alone: other processes are not ours to move.
 */
function enterLeaf(own: string, pid: number, available: Set<Controller>): boolean {
  const leaf = join(own, 'tinyfat-server');
  try {
    mkdirSync(leaf, { recursive: true });
    writeFileSync(join(leaf, 'cgroup.procs'), String(pid));
    const wanted = [...available].map((controller) => `+${controller}`).join(' ');
    writeFileSync(join(own, 'cgroup.subtree_control'), wanted);
    return true;
  } catch {
    return false;
  }
}

const KNOWN: readonly Controller[] = ['memory', 'pids', 'cpu'];

function controllersIn(file: string): Set<Controller> {
  const words = textOf(file).trim().split(/\s+/);
  return new Set(KNOWN.filter((controller) => words.includes(controller)));
}

const enough = (controllers: Set<Controller>) => controllers.has('memory') && controllers.has('pids');

/** Moves a process in, to be sure: that needs rights over a common ancestor, which permissions don't show. */
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
