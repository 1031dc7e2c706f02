/** What of the host a sandbox is built from, found once. */
import { chmodSync, mkdirSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import type { Logger } from '@tinyfat/core';
import { findCgroupPlace } from './cgroup/find-place.ts';
import type { CgroupPlace } from './cgroup/run-cgroup.ts';
import { etcFolder } from './etc-folder.ts';
import { findProgram, systemOptions, systemProgramFolders } from './host-system.ts';
import { type HighestAllowed, ownHighestAllowed } from './resource-limits.ts';
import { filterArchitecture, seccompFilter } from './seccomp/filter.ts';
import { recordServer, type ServerRecord } from './server-record.ts';
import type { Inside, ViewParts } from './view.ts';

export interface Host {
  /** Paths of its programs; root alone needs setpriv. */
  programs: { bwrap: string; prlimit: string; setpriv: string };
  inside: Inside;
  /** What is seen, as the host is now: asked once for each run. */
  view: () => ViewParts;
  filter: Buffer;
  /** Where a cgroup is made for each run; null where rlimits and the watchdog limit it. */
  cgroups: CgroupPlace | null;
  record: ServerRecord;
  highestAllowed: HighestAllowed;
  /** RLIMIT_NPROC counts per user namespace (Linux 5.14); before, it counted the user's processes everywhere. */
  processesCountedInside: boolean;
  /** How many runs there may be at once. */
  runsAtOnce: number;
}

/** Something that a sandbox can't do without, and the package that has it. */
export interface Missing {
  missing: string;
  package: string | null;
}

/** Gives the place where runs get cgroups of their own, written down in the record; null where they are to have none. */
export type FindCgroupPlace = (record: ServerRecord) => Promise<CgroupPlace | null>;

export interface BubblewrapOptions {
  /** The host's Node binary, absolute; shown read-only inside. */
  nodeBinary: string;
  /** Scratch folder of ours that only we can enter; the same at each start. */
  runtimeFolder: string;
  /** Where this process writes down what `removeStaleRuns` needs after a kill -9; the scratch folder when absent. */
  recordFolder?: string;
  /** Ids inside when we are root (default 4242); an ordinary user keeps its own. Never 0. */
  uid?: number;
  gid?: number;
  /** How many runs there will be at once, at most; the number of cores when absent. */
  runsAtOnce?: number;
  /** Looked for when absent. Null: rlimits and the watchdog limit the runs even where cgroups could be made. */
  cgroups?: FindCgroupPlace | null;
  /** The host's configuration, shown in parts; `/etc` when absent. */
  etc?: string;
  /** Where bwrap, prlimit and setpriv are looked for; the system's folders when absent. */
  programFolders?: string[];
  logger?: Logger;
}

/** Looks at the host and prepares the runtime folder. What is missing is a value: the probe reports it. */
export async function prepareHost(options: BubblewrapOptions, inside: Inside): Promise<Host | Missing> {
  const { nodeBinary, runtimeFolder, programFolders = systemProgramFolders } = options;
  const { recordFolder = runtimeFolder } = options;
  const { cgroups = findCgroupPlace, runsAtOnce = availableParallelism() } = options;
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
  const record = recordServer(recordFolder);
  const etc = etcFolder(runtimeFolder, inside, options.etc);
  return {
    programs: { bwrap, prlimit, setpriv },
    inside,
    view: () => ({ inside, nodeBinary, system: systemOptions(etc()) }),
    filter: seccompFilter(architecture),
    cgroups: (await cgroups?.(record)) ?? null,
    record,
    highestAllowed: ownHighestAllowed(),
    processesCountedInside: atLeastLinux(release(), 5, 14),
    runsAtOnce,
  };
}

/** Compares a kernel release such as `6.1.0-13-amd64`. */
function atLeastLinux(kernel: string, major: number, minor: number): boolean {
  const [, theirMajor = '0', theirMinor = '0'] = kernel.match(/^(\d+)\.(\d+)/) ?? [];
  const difference = Number(theirMajor) - major || Number(theirMinor) - minor;
  return difference >= 0;
}
