/** What of the host a sandbox is built from, found once. */
import { chmodSync, mkdirSync } from 'node:fs';
import { release } from 'node:os';
import type { CgroupPlace } from './cgroup/run-cgroup.ts';
import type { HostPrograms } from './command-line.ts';
import { etcFolder } from './etc-folder.ts';
import { findProgram, systemOptions } from './host-system.ts';
import { type HighestAllowed, ownHighestAllowed } from './resource-limits.ts';
import { filterArchitecture, seccompFilter } from './seccomp/filter.ts';
import { recordServer, type ServerRecord } from './server-record.ts';
import type { Inside, ViewParts } from './view.ts';

export interface Host {
  programs: HostPrograms;
  inside: Inside;
  /** What is seen, as the host is now: asked once for each run. */
  view: () => ViewParts;
  filter: Buffer;
  cgroups: CgroupPlace | null;
  record: ServerRecord;
  highestAllowed: HighestAllowed;
  processesCountedInside: boolean;
  runsAtOnce: number;
}

/** Something that a sandbox can't do without, and the package that has it. */
export interface Missing {
  missing: string;
  package: string | null;
}

/** Gives the place where runs get cgroups of their own, written down in the record; null where they are to have none. */
export type FindCgroupPlace = (record: ServerRecord) => Promise<CgroupPlace | null>;

export interface HostQuestion {
  nodeBinary: string;
  runtimeFolder: string;
  inside: Inside;
  cgroupPlace: FindCgroupPlace;
  programFolders: readonly string[];
  runsAtOnce: number;
  /** The host's; `/etc` when absent. */
  etc?: string;
}

/** Looks at the host and prepares the runtime folder. What is missing is a value: the probe tells it. */
export async function prepareHost(question: HostQuestion): Promise<Host | Missing> {
  const { inside, runtimeFolder, programFolders, runsAtOnce } = question;
  const architecture = filterArchitecture(process.arch);
  if (process.platform !== 'linux' || architecture === null)
    return {
      missing: `Linux on x64 or arm64 (this is ${process.platform} on ${process.arch})`,
      package: null,
    };
  const bwrap = findProgram('bwrap', programFolders);
  if (bwrap === null) return { missing: 'bubblewrap (bwrap)', package: 'bubblewrap' };
  const prlimit = findProgram('prlimit', programFolders);
  const setpriv = findProgram('setpriv', programFolders);
  if (prlimit === null || setpriv === null)
    return { missing: 'prlimit and setpriv (util-linux)', package: 'util-linux' };

  mkdirSync(runtimeFolder, { recursive: true });
  // Fails when it is somebody else's, as it must.
  chmodSync(runtimeFolder, 0o700);
  const record = recordServer(runtimeFolder);
  const cgroups = await question.cgroupPlace(record);
  const etc = etcFolder(runtimeFolder, inside, question.etc);
  return {
    programs: { bwrap, prlimit, setpriv },
    inside,
    view: () => ({ inside, nodeBinary: question.nodeBinary, system: systemOptions(etc()) }),
    filter: seccompFilter(architecture),
    cgroups,
    record,
    highestAllowed: ownHighestAllowed(),
    processesCountedInside: atLeastLinux(release(), 5, 14),
    runsAtOnce,
  };
}

/** Compares a kernel release such as `6.1.0-13-amd64`. */
export function atLeastLinux(kernel: string, major: number, minor: number): boolean {
  const [, theirMajor = '0', theirMinor = '0'] = kernel.match(/^(\d+)\.(\d+)/) ?? [];
  const difference = Number(theirMajor) - major || Number(theirMinor) - minor;
  return difference >= 0;
}
