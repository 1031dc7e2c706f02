/**
 * What each process of a server has for itself, below `DATA_DIR/run`: a folder `{role}-{random}` with its address, its
 * running turns, and what its sandboxes leave behind after a kill -9. The process holds a lock on it for as long as it
 * lives, by which the others know whether it does, in whatever container it runs. Invariant: a folder is made and locked,
 * or found dead and locked, under the lock of `run` itself, so none is taken for dead while its process starts.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { errorCode } from '@tinyfat/core';
import { removeAll } from '@tinyfat/storage/node';
import * as v from 'valibot';
import { ROLES, type Role } from '../roles.ts';
import { type Flock, flockFolder } from './flock.ts';

/** The folder of this process. */
export interface RunFolder {
  path: string;
  /** Unlike that of every other process on this data folder. */
  name: string;
  /** Runs' folders come and go in it. */
  turns: string;
  /** Where its sandboxes write down what is to be cleaned up after a crash. */
  records: string;
  /** Removes the folder and ends the lock. */
  release(): Promise<void>;
}

/** A process on this machine: where it listens, null where it does not. */
export interface ServerAddress {
  pid: number;
  role: Role;
  smtp: Listening | null;
  http: Listening | null;
}

type Listening = { host: string; port: number };

/** The folder of a process that has died; nobody else cleans it up until it is released. */
export interface DeadFolder {
  path: string;
  records: string;
  release(): void;
}

const NAME = new RegExp(`^(${ROLES.join('|')})-[A-Za-z0-9]{6}$`);
const ADDRESS = 'server.json';
const listening = v.nullable(v.object({ host: v.string(), port: v.number() }));
const address = v.object({ pid: v.number(), role: v.picklist(ROLES), smtp: listening, http: listening });

/** Makes and locks one below `run`, which is made where it is not there. Throws where that can not be done. */
export function makeRunFolder(run: string, role: Role): RunFolder {
  mkdirSync(run, { recursive: true, mode: 0o700 });
  return underLock(run, () => {
    const path = mkdtempSync(join(run, `${role}-`));
    const lock = held(flockFolder(path, 'exclusive'), path);
    const [turns, records] = [join(path, 'turns'), join(path, 'records')];
    for (const folder of [turns, records]) mkdirSync(folder, { mode: 0o700 });
    return {
      path,
      name: basename(path),
      turns,
      records,
      async release() {
        await removeAll(path);
        lock.release();
      },
    };
  });
}

/** Takes the folders of processes that have died, and counts those of others that live. `own`: this process's name. */
export function takeDeadFolders(run: string, own: string): { dead: DeadFolder[]; others: number } {
  return underLock(run, () => {
    const dead: DeadFolder[] = [];
    let others = 0;
    for (const name of namesIn(run)) {
      if (name === own) continue;
      const path = join(run, name);
      const lock = flockFolder(path, 'exclusive');
      if (lock.ok) dead.push({ path, records: join(path, 'records'), release: lock.release });
      else others += 1;
    }
    return { dead, others };
  });
}

/** Tells commands on this machine where this process listens. */
export function writeAddress({ path }: RunFolder, written: ServerAddress): void {
  writeFileSync(join(path, ADDRESS), JSON.stringify(written), { mode: 0o600 });
}

/** The process takes nothing more. */
export function removeAddress({ path }: RunFolder): void {
  rmSync(join(path, ADDRESS), { force: true });
}

/** Where the processes on a data folder listen, the newest first; one that was killed may still be among them. */
export function readAddresses(run: string): ServerAddress[] {
  const found = namesIn(run).flatMap((name) => {
    const path = join(run, name, ADDRESS);
    try {
      const parsed = v.safeParse(address, JSON.parse(readFileSync(path, 'utf8')));
      return parsed.success ? [{ at: statSync(path).mtimeMs, written: parsed.output }] : [];
    } catch {
      return [];
    }
  });
  return found.toSorted((one, other) => other.at - one.at).map(({ written }) => written);
}

function namesIn(run: string): string[] {
  try {
    return readdirSync(run).filter((name) => NAME.test(name));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function underLock<Result>(run: string, work: () => Result): Result {
  const lock = held(flockFolder(run, 'wait'), run);
  try {
    return work();
  } finally {
    lock.release();
  }
}

function held(lock: Flock, folder: string): Extract<Flock, { ok: true }> {
  if (lock.ok) return lock;
  throw new Error(`${folder} could not be locked: ${lock.taken ? 'another process holds it' : lock.why}`);
}
