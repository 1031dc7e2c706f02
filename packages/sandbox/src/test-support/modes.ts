/** Every way in which the sandbox can work on this machine, each as a fixture for the tests. */
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bubblewrap } from '../bubblewrap.ts';
import { findCgroupPlace } from '../cgroup/find-place.ts';
import type { Sandbox } from '../contract.ts';
import { foreignSandbox, openToAll } from './foreign-sandbox.ts';

export interface Fixture extends Folders {
  sandbox: Sandbox;
  /** The id that the program inside has on the host. */
  uid: number;
}

export interface Mode {
  name: string;
  /** A cgroup limits the runs; else rlimits and the watchdog do. */
  cgroups: boolean;
  make(): Promise<Fixture>;
}

const NOBODY = 65534;

const root = process.getuid?.() === 0;
const noRecord = {
  cgroupName: () => `tinyfat-test-${process.pid}`,
  willUse: () => {},
  scratchFolder: () => '/nowhere',
};
const hasCgroups = root && (await findCgroupPlace(noRecord)) !== null;

/** As root: root with cgroups where there are such, root without, and an ordinary user; as an ordinary user: that user. */
export const modes: Mode[] = [
  ...(hasCgroups ? [{ name: 'as root', cgroups: true, make: () => own(true) }] : []),
  ...(root ? [{ name: 'as root without cgroups', cgroups: false, make: () => own(false) }] : []),
  { name: 'as an ordinary user', cgroups: false, make: root ? foreign : () => own(false) },
];

/** Files of tests run at the same time, and the kernel counts the processes of a uid together. */
const ownUid = () => 10_000 + (process.pid % 40_000);

async function own(cgroups: boolean): Promise<Fixture> {
  const uid = root ? ownUid() : (process.getuid?.() ?? -1);
  const folders = await makeFolders(root ? uid : undefined);
  const sandbox = bubblewrap({
    nodeBinary: process.execPath,
    runtimeFolder: join(folders.root, 'runtime'),
    ...(cgroups ? {} : { cgroups: null }),
    uid,
    gid: uid,
  });
  return { sandbox, uid, ...folders };
}

async function foreign(): Promise<Fixture> {
  const folders = await makeFolders(NOBODY);
  const runtimeFolder = await folders.folder();
  try {
    const options = { nodeBinary: process.execPath, runtimeFolder };
    const foreigner = await foreignSandbox(folders.root, NOBODY, options);
    const dispose = async () => {
      await foreigner.close();
      await folders.dispose();
    };
    return { sandbox: foreigner.sandbox, uid: NOBODY, ...folders, dispose };
  } catch (error) {
    await folders.dispose();
    throw error;
  }
}

/** Fresh folders that the program inside may write to, and everybody may enter. */
export interface Folders {
  /** Everything else lies below it. */
  root: string;
  folder(): Promise<string>;
  dispose(): Promise<void>;
}

/** `owner`: whose the folders shall be; ours when absent, but open to all. */
export async function makeFolders(owner?: number): Promise<Folders> {
  const base = openToAll(tmpdir()) ? tmpdir() : '/tmp';
  const root = await mkdtemp(join(base, 'tinyfat-sandbox-'));
  await chmod(root, 0o755);
  let made = 0;
  return {
    root,
    folder: async () => {
      made += 1;
      const folder = join(root, `folder-${made}`);
      await mkdir(folder);
      await chmod(folder, 0o777);
      if (owner !== undefined) await chown(folder, owner, owner);
      return folder;
    },
    dispose: () => rm(root, { recursive: true, force: true }),
  };
}
